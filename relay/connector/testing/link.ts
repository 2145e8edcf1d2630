import { BodyFraming, type Stream, type StreamEvents, StreamKind } from "../../protocol/stream.ts";
import { createPair } from "../../protocol/testing/pair.ts";
import { bytes, text } from "../../protocol/testing/recorder.ts";
import type { Dispatcher } from "../upstream/dispatcher.ts";

/** What the relay's end of one stream heard; `credit` is given at once unless `hold`. */
export class Client implements StreamEvents {
  heads: string[] = [];
  chunks: string[] = [];
  bytes = 0;
  trailers: string | null = null;
  ended = false;
  reset: { code: number; reason: string } | null = null;
  hold = false;
  held = 0;
  stream!: Stream;
  private whenWritable: (() => void) | null = null;

  onHead(head: Uint8Array, end: boolean): void {
    this.heads.push(text(head));
    this.ended ||= end;
  }
  onData(chunk: Uint8Array, end: boolean): void {
    this.bytes += chunk.length;
    if (this.bytes < 1_000_000) this.chunks.push(text(chunk));
    this.ended ||= end;
    if (this.hold) this.held += chunk.length;
    else this.stream.credit(chunk.length);
  }
  onTrailers(fields: Uint8Array): void {
    this.trailers = text(fields);
    this.ended = true;
  }
  onReset(code: number, reason: string): void {
    this.reset = { code, reason };
  }
  onWritable(): void {
    this.whenWritable?.();
  }

  get body(): string {
    return this.chunks.join("");
  }
  get status(): number {
    return Number(this.heads.at(-1)?.slice(9, 12));
  }
  release(): void {
    this.hold = false;
    this.stream.credit(this.held);
    this.held = 0;
  }
  /** Writes `total` bytes as room appears, then ends; resolves when the stream has taken all. */
  pump(total: number): Promise<void> {
    const block = new Uint8Array(65_536).fill(120);
    return new Promise((resolve) => {
      let left = total;
      const step = () => {
        while (left > 0) {
          const part = block.subarray(0, Math.min(left, block.length));
          const taken = this.stream.write(part);
          left -= taken;
          if (taken < part.length) return;
        }
        this.whenWritable = null;
        this.stream.end();
        resolve();
      };
      this.whenWritable = step;
      step();
    });
  }
}

export interface TestLink {
  /** Opens a stream. `head` without the empty line, lines separated by `\n`. */
  open(head: string, options?: { kind?: StreamKind; framing?: BodyFraming; body?: string }): Client;
  outstanding(): number;
}

/** A link in memory with a dispatcher at its end, moved by the event loop. */
export async function startLink(dispatcher: Pick<Dispatcher, "accept">): Promise<TestLink> {
  const schedule = (task: () => void) => {
    setImmediate(() => {
      task();
      pair.settle();
    });
  };
  const now = () => performance.now();
  const pair = createPair({}, { onOpen: dispatcher.accept }, { schedule, now });
  while (!pair.relay.accepting) await new Promise((resolve) => setImmediate(resolve));
  return {
    outstanding: () => pair.relay.outstanding,
    open(head, { kind = StreamKind.http, framing = BodyFraming.none, body } = {}) {
      const client = new Client();
      const end = kind === StreamKind.http && framing === BodyFraming.none;
      const wire = bytes(`${head.replaceAll("\n", "\r\n")}\r\n\r\n`);
      const stream = pair.relay.open(kind, framing, wire, end, client);
      if (stream === null) throw new Error("link refuses streams");
      client.stream = stream;
      if (body !== undefined) {
        stream.write(bytes(body));
        stream.end();
      }
      return client;
    },
  };
}
