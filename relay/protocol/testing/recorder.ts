import type { AcceptedStream, AcceptedStreamEvents, StreamEvents } from "../stream.ts";

/** What one end of a stream was told, kept for assertions. Gives credit back at once unless told to hold it. */
export class Recorder implements StreamEvents {
  heads: string[] = [];
  timings: number[] = [];
  body: number[] = [];
  bytes = 0;
  trailers: string | null = null;
  ended = false;
  resets: { code: number; reason: string }[] = [];
  writable = 0;
  stream: { credit(bytes: number): void } | null = null;
  holdCredit = false;
  keepBody = true;
  whenWritable: (() => void) | null = null;

  onHead(head: Uint8Array, end: boolean): void {
    this.heads.push(text(head));
    this.ended ||= end;
  }

  onTiming(microseconds: number): void {
    this.timings.push(microseconds);
  }

  onData(chunk: Uint8Array, end: boolean): void {
    this.bytes += chunk.length;
    if (this.keepBody) for (const byte of chunk) this.body.push(byte);
    this.ended ||= end;
    if (!this.holdCredit) this.stream?.credit(chunk.length);
  }

  onTrailers(fields: Uint8Array): void {
    this.trailers = text(fields);
    this.ended = true;
  }

  onReset(code: number, reason: string): void {
    this.resets.push({ code, reason });
  }

  onWritable(): void {
    this.writable++;
    this.whenWritable?.();
  }
}

/** Keeps writing `source` to a stream as room appears, then ends it. */
export function pump(
  stream: { write(chunk: Uint8Array): number; end(): void },
  recorder: Recorder,
  source: Uint8Array,
): void {
  let at = 0;
  const step = () => {
    at += stream.write(source.subarray(at));
    if (at === source.length) {
      recorder.whenWritable = null;
      stream.end();
    }
  };
  recorder.whenWritable = step;
  step();
}

/** An acceptor that answers every stream with what it was sent. */
export function echo(stream: AcceptedStream, head: Uint8Array, end: boolean): AcceptedStreamEvents {
  stream.head(head, end);
  const waiting: Uint8Array[] = [];
  let ended = false;
  const step = () => {
    while (waiting.length > 0) {
      const chunk = waiting[0]!;
      const taken = stream.write(chunk);
      stream.credit(taken);
      if (taken < chunk.length) {
        waiting[0] = chunk.subarray(taken);
        return;
      }
      waiting.shift();
    }
    if (ended) stream.end();
  };
  return {
    onData(chunk, last) {
      ended = last;
      waiting.push(chunk.slice());
      step();
    },
    onTrailers: (fields) => stream.end(fields),
    onReset: () => undefined,
    onWritable: step,
  };
}

export function bytes(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

export function text(value: Uint8Array): string {
  return new TextDecoder().decode(value);
}
