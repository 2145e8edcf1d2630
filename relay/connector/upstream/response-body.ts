import { Chunked, ChunkedDecoder, Framing } from "../../protocol/http1/index.ts";
import type { AcceptedStream } from "../../protocol/stream.ts";
import { ByteQueue } from "./byte-queue.ts";

/**
 * The receiving half of an exchange after its final head: takes the body out of its framing and writes it to the
 * stream. What the stream does not take waits here, and `blocked` tells the exchange to stop reading.
 */
export class ResponseBody {
  /** Payload bytes found. */
  bytes = 0;
  /** The end of the body was found in its framing; bytes may still wait. */
  complete = false;
  /** The stream has all of it, the end included. */
  delivered = false;
  /** The upstream sent bytes behind the end of the body. */
  surplus = false;
  private readonly stream: AcceptedStream;
  private readonly framing: Framing;
  private readonly decoder: ChunkedDecoder | null;
  private remaining: number;
  /** Made when the stream takes less than it is given for the first time: most never do. */
  private waiting: ByteQueue | null = null;

  /** @param contentLength for `Framing.length` */
  constructor(stream: AcceptedStream, framing: Framing, contentLength: number) {
    this.stream = stream;
    this.framing = framing;
    this.remaining = contentLength;
    this.decoder = framing === Framing.chunked ? new ChunkedDecoder() : null;
  }

  /** True while bytes wait for the stream: read no more from the upstream. */
  get blocked(): boolean {
    return this.waiting !== null && this.waiting.length > 0;
  }

  /**
   * Bytes of the upstream, `bytes[from, to)`, which belong to this from here on; chunked ones are decoded in place.
   * @returns why the framing is broken, or null
   */
  push(bytes: Uint8Array, from: number, to: number): string | null {
    if (this.complete) {
      this.surplus ||= to > from;
      return null;
    }
    let dataEnd = to;
    if (this.decoder !== null) {
      const result = this.decoder.decode(bytes, from, to);
      if (result === Chunked.malformed) return this.decoder.fault;
      dataEnd = this.decoder.dataEnd;
      this.complete = result === Chunked.done;
      this.surplus = this.decoder.position < to;
    } else if (this.framing === Framing.length) {
      dataEnd = Math.min(to, from + this.remaining);
      this.remaining -= dataEnd - from;
      this.complete = this.remaining === 0;
      this.surplus = dataEnd < to;
    }
    this.bytes += dataEnd - from;
    this.deliver(bytes, from, dataEnd);
    return null;
  }

  /** The upstream has ended its side. @returns false when the body is cut short by it */
  endOfInput(): boolean {
    if (this.framing === Framing.untilClose) this.complete = true;
    if (!this.complete) return false;
    this.finish();
    return true;
  }

  /** The stream has room again. */
  resume(): void {
    const { waiting } = this;
    // One call a turn: what it does not take is another stream's turn.
    if (waiting !== null && waiting.length > 0) {
      const { bytes, start, end } = waiting;
      waiting.consume(this.stream.write(bytes, start, start, end));
    }
    this.finish();
  }

  /** Drops what waits. */
  discard(): void {
    this.waiting?.clear();
  }

  private deliver(bytes: Uint8Array, from: number, to: number): void {
    let at = from;
    if (!this.blocked && from < to) at += this.stream.write(bytes, from, from, to);
    if (at < to) {
      this.waiting ??= new ByteQueue();
      this.waiting.adopt(bytes, at, to);
    }
    this.finish();
  }

  private finish(): void {
    if (!this.complete || this.delivered || this.blocked) return;
    this.delivered = true;
    const trailers = this.decoder?.trailers;
    this.stream.end(trailers !== undefined && trailers.length > 0 ? trailers : undefined);
  }
}
