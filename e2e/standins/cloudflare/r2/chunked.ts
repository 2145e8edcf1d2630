import { Transform, type TransformCallback } from "node:stream";

const CRLF = Buffer.from("\r\n");

/**
 * Takes the framing off an `aws-chunked` body: `<hex size>;chunk-signature=…\r\n<bytes>\r\n`, until a chunk of size 0.
 * The signatures of the chunks are not looked at; that of the head was.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export class ChunkedBody extends Transform {
  #held: Buffer = Buffer.alloc(0);
  /** Bytes left of the chunk, its closing CRLF not counted; null: a size line comes. */
  #left: number | null = null;
  #ended = false;

  override _transform(chunk: Buffer, _: string, done: TransformCallback): void {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    while (!this.#ended && this.#step()) {
      // Until more has to arrive.
    }
    done();
  }

  override _flush(done: TransformCallback): void {
    done(this.#ended ? null : new Error("the body ended in the middle of a chunk"));
  }

  #step(): boolean {
    if (this.#left === null) {
      const end = this.#held.indexOf(CRLF);
      if (end < 0) return false;
      const size = Number.parseInt(this.#held.subarray(0, end).toString("latin1"), 16);
      this.#held = this.#held.subarray(end + CRLF.length);
      this.#left = size;
      this.#ended = size === 0;
      return !this.#ended;
    }
    if (this.#left > 0) {
      if (this.#held.length === 0) return false;
      const part = this.#held.subarray(0, this.#left);
      this.push(part);
      this.#held = this.#held.subarray(part.length);
      this.#left -= part.length;
      return true;
    }
    if (this.#held.length < CRLF.length) return false;
    this.#held = this.#held.subarray(CRLF.length);
    this.#left = null;
    return true;
  }
}
