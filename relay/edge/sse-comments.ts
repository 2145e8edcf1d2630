import { ascii } from "../protocol/http1/index.ts";
import { llmResponseFields } from "./llm/response-fields.ts";

const CR = 13;
const LF = 10;
/** A comment of its own: readers skip it, and it leaves the stream between two events (HTML standard, 9.2.6). */
const COMMENT = ascii(": keep-alive\n\n");

/** Whether a response head is that of an event stream which bytes can be added to. */
export function isEventStream(head: Uint8Array): boolean {
  const { contentType, contentEncoding } = llmResponseFields(head);
  return /^text\/event-stream[ \t]*(?:;|$)/i.test(contentType) && /^(?:identity)?$/i.test(contentEncoding);
}

/** Follows an event stream as its client gets it, to know when a comment disturbs no event. */
export class SseComments {
  /** When bytes were last sent, ms. */
  private lastAt: number;
  /** The last bytes sent, newest last. */
  private tail = [LF, LF];

  constructor(now: number) {
    this.lastAt = now;
  }

  /** These bytes of the stream go to the client. */
  sent(chunk: Uint8Array, now: number): void {
    const { length } = chunk;
    if (length === 0) return;
    this.lastAt = now;
    for (let i = Math.max(0, length - 3); i < length; i++) this.tail.push(chunk[i]!);
    if (this.tail.length > 3) this.tail = this.tail.slice(-3);
  }

  /** The comment to send now, null when it is not time, or an event is under way. */
  due(now: number, everyMs: number): Uint8Array | null {
    if (now - this.lastAt < everyMs || !this.isBetweenEvents) return null;
    this.lastAt = now;
    this.tail = [LF, LF];
    return COMMENT;
  }

  /** The last line was empty. A line may end in CR LF, LF or CR; after "\n\r" the LF of a CR LF may still come. */
  private get isBetweenEvents(): boolean {
    const [last, before, third] = [this.tail.at(-1), this.tail.at(-2), this.tail.at(-3)];
    if (last === LF && before === LF) return true;
    if (last === CR && before === CR) return true;
    return last === LF && before === CR && (third === LF || third === CR);
  }
}
