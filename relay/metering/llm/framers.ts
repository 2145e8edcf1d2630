import { createParser } from "eventsource-parser";
import { isObject, type JsonObject } from "./token-count.ts";

/** Longest line or event that is kept to be read, bytes: beyond it only forwarding goes on. */
export const MAX_EVENT_BYTES = 1_048_576;
/** Longest whole answer that is kept to be read, bytes. */
export const MAX_JSON_BYTES = 8_388_608;
/** Of a longer one, its end is kept: `usage` stands there. */
const TAIL_BYTES = 65_536;

/** What comes out of a body. */
export interface FramerEvents {
  onObject(object: JsonObject, streamed: boolean): void;
  /** `[DONE]` of the OpenAI interfaces. */
  onDone(): void;
  /** What can be read of a JSON answer that was cut off, or was too long to be kept. */
  onFragment(fragment: Fragment): void;
  /** Something that should have been JSON and was not, or was too long to be kept. */
  onUnreadable(): void;
}

export interface Fragment {
  readonly model: string | null;
  /** Texts of the answer, as they stand between their quotes. */
  readonly said: readonly string[];
  readonly usage: unknown;
}

/**
 * Takes a body apart. Text is read one byte per character: JSON's own characters are ASCII and no byte of a longer UTF-8
 * sequence looks like one, so no cut between bytes matters, lengths are bytes, and malformed UTF-8 is harmless.
 */
export interface Framer {
  feed(bytes: Uint8Array): void;
  /** @param whole the body came to its own end */
  end(whole: boolean): void;
}

interface Latin1 {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
}
const { latin1Slice } = Buffer.prototype as unknown as Latin1;
export const latin1 = (bytes: Uint8Array) => latin1Slice.call(bytes, 0, bytes.length);

/** Server-sent events. The parser skips a byte order mark, takes any line end and joins lines of `data`. */
export class SseFramer implements Framer {
  private readonly events: FramerEvents;
  private readonly parser;
  private lost = false;

  constructor(events: FramerEvents) {
    this.events = events;
    this.parser = createParser({
      maxBufferSize: MAX_EVENT_BYTES,
      onEvent: (event) => this.onData(event.data),
      // Unknown fields are of no matter; an event that is too long stops the parser.
      onError: (error) => {
        if (error.type === "max-buffer-size-exceeded") this.lost = true;
      },
    });
  }

  feed(bytes: Uint8Array): void {
    if (this.lost) this.regain(latin1(bytes));
    else this.parser.feed(latin1(bytes));
  }

  end(whole: boolean): void {
    // An event without its empty line is no event to a browser; servers that forget it lose just the usage. One that was
    // cut off was not delivered.
    if (whole && !this.lost) this.parser.feed("\n\n");
  }

  /** After an event that was too long: goes on at the next line. */
  private regain(text: string): void {
    const at = text.search(/[\r\n]/);
    if (at < 0) return;
    this.events.onUnreadable();
    this.lost = false;
    this.parser.reset();
    this.parser.feed(text.slice(at + 1));
  }

  private onData(data: string): void {
    if (data.startsWith("[DONE]")) this.events.onDone();
    else if (data !== "") parse(data, true, this.events);
  }
}

/** JSON objects, one a line. */
export class LineFramer implements Framer {
  private readonly events: FramerEvents;
  private pieces: string[] = [];
  private length = 0;
  private lost = false;

  constructor(events: FramerEvents) {
    this.events = events;
  }

  feed(bytes: Uint8Array): void {
    const text = latin1(bytes);
    let from = 0;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", from)) {
      this.add(text.slice(from, at));
      this.line();
      from = at + 1;
    }
    if (from < text.length) this.add(text.slice(from));
  }

  end(whole: boolean): void {
    if (whole) this.line();
  }

  private add(piece: string): void {
    this.length += piece.length;
    if (this.length > MAX_EVENT_BYTES) {
      this.lost = true;
      this.pieces = [];
    } else if (piece !== "") {
      this.pieces.push(piece);
    }
  }

  private line(): void {
    const { pieces } = this;
    const line = (pieces.length === 1 ? pieces[0] : pieces.join("")).trim();
    if (this.lost) this.events.onUnreadable();
    else if (line !== "") parse(line, true, this.events);
    this.pieces = [];
    this.length = 0;
    this.lost = false;
  }
}

/** One JSON object. */
export class JsonFramer implements Framer {
  private readonly events: FramerEvents;
  /** Lines of objects are taken, too: some servers call them JSON. */
  private readonly orLines: boolean;
  private chunks: Uint8Array[] = [];
  private length = 0;
  private cut = false;

  constructor(events: FramerEvents, orLines: boolean) {
    this.events = events;
    this.orLines = orLines;
  }

  feed(bytes: Uint8Array): void {
    this.chunks.push(Uint8Array.prototype.slice.call(bytes));
    this.length += bytes.length;
    if (!this.cut && this.length <= MAX_JSON_BYTES) return;
    if (this.cut && this.length <= 2 * TAIL_BYTES) return;
    this.cut = true;
    const tail = Buffer.concat(this.chunks).subarray(-TAIL_BYTES);
    this.chunks = [Uint8Array.prototype.slice.call(tail)];
    this.length = tail.length;
  }

  end(whole: boolean): void {
    const text = latin1(Buffer.concat(this.chunks));
    this.chunks = [];
    if (text.trim() === "") return;
    if (this.cut || !whole) this.broken(text);
    else if (this.orLines && /\}\s*\n\s*\{/.test(text)) for (const line of text.split("\n")) this.line(line);
    else parse(text, false, this.events);
  }

  private line(line: string): void {
    if (line.trim() !== "") parse(line, true, this.events);
  }

  /** Beginning or end is missing: only what can be read for certain is. */
  private broken(text: string): void {
    let object: unknown = null;
    try {
      object = JSON.parse(text);
    } catch {
      this.events.onUnreadable();
    }
    if (isObject(object)) {
      this.events.onObject(object, false);
      return;
    }
    const model = this.cut ? null : /(?<!\\)"model"\s*:\s*"([^"\\]{1,200})"/.exec(text);
    this.events.onFragment({
      model: model === null ? null : model[1],
      said: this.cut ? [] : saidIn(text),
      usage: lastUsage(text),
    });
  }
}

/** `usage` in a piece of JSON: the last one that is an object of its own. A quoted one has a backslash before its quote. */
function lastUsage(text: string): unknown {
  const found = [
    ...text.matchAll(/(?<!\\)"usage"\s*:\s*(\{(?:[^{}"]|"[^"\\]*"|\{(?:[^{}"]|"[^"\\]*")*\})*\})/g),
  ].at(-1);
  if (found === undefined) return null;
  try {
    return JSON.parse(found[1]);
  } catch {
    return null;
  }
}

/** Values of the fields that hold an answer's text, also when the last is cut off. */
function saidIn(text: string): string[] {
  const fields =
    /(?<!\\)"(?:content|text|response|thinking|reasoning_content|arguments)"\s*:\s*"([^"\\]*(?:\\.[^"\\]*)*)/g;
  return [...text.matchAll(fields)].map((match) => match[1]);
}

function parse(text: string, streamed: boolean, events: FramerEvents): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    events.onUnreadable();
    return;
  }
  if (isObject(value)) events.onObject(value, streamed);
  else events.onUnreadable();
}
