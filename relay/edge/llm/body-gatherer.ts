import type { Stream } from "../../routes/tunnel.ts";

/** Longest request body that is held back, bytes. A prompt of 250,000 tokens; larger ones pass as they come. */
export const MAX_GATHERED_BYTES = 1_048_576;
/** A body that has not come whole after this passes as it comes, ms. */
const MAX_WAIT_MS = 1_000;

/** What was gathered: a whole body, or the beginning of one that takes too long or is too large. */
export interface Gathered {
  readonly bytes: Buffer;
  readonly whole: boolean;
}

/** Stands in for the stream while a request's body is gathered, so that it can go on as one piece. */
export class BodyGatherer implements Stream {
  private readonly chunks: Uint8Array[] = [];
  private length = 0;
  private done: ((gathered: Gathered) => void) | null;
  private timer: ReturnType<typeof setTimeout> | null = null;

  /** @param done called once, unless the gathering is given up by `reset` */
  constructor(done: (gathered: Gathered) => void) {
    this.done = done;
  }

  /** For a body that did not come with its head: it is not waited for longer than a moment. */
  startTimer(): void {
    this.timer = setTimeout(() => this.finish(false), MAX_WAIT_MS);
  }

  write(chunk: Uint8Array): number {
    this.chunks.push(Uint8Array.prototype.slice.call(chunk));
    this.length += chunk.length;
    if (this.length > MAX_GATHERED_BYTES) this.finish(false);
    return chunk.length;
  }

  end(): void {
    this.finish(true);
  }

  credit(): void {}

  reset(): void {
    this.done = null;
    this.stopTimer();
  }

  private finish(whole: boolean): void {
    const { done } = this;
    this.done = null;
    this.stopTimer();
    done?.({ bytes: Buffer.concat(this.chunks), whole });
  }

  private stopTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
