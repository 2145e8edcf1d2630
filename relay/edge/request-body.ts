import { Chunked, ChunkedDecoder, Framing } from "../protocol/http1/index.ts";
import type { Stream } from "../routes/tunnel.ts";
import { copyOf } from "./bytes.ts";

/** Chunks decoded in one go: the other connections have their turn before the rest of a read full of tiny ones. */
const MAX_CHUNKS_PER_TURN = 4_096;

/** For `Stream.write`: its bytes are to stay as they are. */
const NONE_SPARE = -1;

/** What a body asks of the exchange it belongs to. */
export interface RequestBodyEvents {
  /** The stream takes no more for now: stop reading from the client. */
  onBlocked(): void;
  /** Everything read so far has been taken: read on. */
  onUnblocked(): void;
  onMalformed(why: string): void;
  onTooLarge(): void;
}

/** Sees the body as it comes from the client. */
export interface BodyWatcher {
  request(bytes: Uint8Array, from: number, to: number): void;
}

/**
 * The request side of one exchange: takes the client's bytes apart and hands them to the stream. What the stream does not
 * take is kept here, and the client is not read until it has: at most one read of the socket is held.
 */
export class RequestBody {
  /** Body bytes seen, without framing. */
  bytes = 0;
  /** The client has sent all of it. */
  complete: boolean;
  /** The stream has been given all of it. */
  ended = false;
  watcher: BodyWatcher | null = null;
  private stream: Stream | null = null;
  private remaining: number;
  private backlog: Uint8Array | null = null;
  /** What `Stream.write` is told of the bytes before the backlog. */
  private backlogSpare = NONE_SPARE;
  private trailers: Uint8Array | undefined;
  private readonly framing: Framing;
  private maxBytes: number;
  private readonly decoder: ChunkedDecoder | null;
  private readonly events: RequestBodyEvents;

  /** @param framing `untilClose` stands for the raw bytes of an upgraded connection */
  constructor(framing: Framing, contentLength: number, maxBytes: number, events: RequestBodyEvents) {
    this.framing = framing;
    this.remaining = contentLength;
    this.maxBytes = maxBytes;
    this.events = events;
    this.complete = framing === Framing.none || (framing === Framing.length && contentLength === 0);
    this.decoder = framing === Framing.chunked ? new ChunkedDecoder() : null;
  }

  /** Sets what it may come to, once that is known; before the first byte. */
  allow(maxBytes: number): void {
    this.maxBytes = maxBytes;
  }

  /** True while nothing is left over that the stream has not taken. */
  get isFlowing(): boolean {
    return this.backlog === null;
  }

  /** Names the stream that takes the body. `atEnd`: it was opened with the end already said. */
  attach(stream: Stream | null, atEnd: boolean): void {
    this.stream = stream;
    if (atEnd) this.ended = true;
  }

  /**
   * Takes body bytes out of `chunk[from, to)`; call only while flowing and not complete. A chunked body is decoded in
   * place: those bytes are overwritten.
   * @param isOurs nobody else needs `chunk[0, to)`: what has been taken may be overwritten, which saves a copy
   * @returns offset of the first byte that is not part of this body, or that is to be fed in another turn
   */
  feed(chunk: Uint8Array, from: number, to: number, isOurs = false): number {
    if (this.framing === Framing.chunked) return this.feedChunked(chunk, from, to, isOurs);
    const end = this.framing === Framing.length ? Math.min(to, from + this.remaining) : to;
    if (this.framing === Framing.length) {
      this.remaining -= end - from;
      this.complete = this.remaining === 0;
    }
    this.take(chunk, from, end, isOurs);
    return end;
  }

  /**
   * Puts `bytes` before everything that is still to come: a body that was held back, or goes out a second time. They leave
   * with `onWritable`.
   */
  hold(bytes: Uint8Array): void {
    this.backlog = bytes;
    this.backlogSpare = NONE_SPARE;
    this.ended = false;
  }

  /** The client said that no more comes, on an upgraded connection. */
  finishRaw(): void {
    this.complete = true;
    this.settle();
  }

  /** The stream has room again. */
  onWritable(): void {
    const { backlog, stream } = this;
    if (backlog === null || stream === null) return;
    const spare = this.backlogSpare;
    const taken = stream.write(backlog, spare);
    if (this.stream !== stream) return;
    if (taken < backlog.length) {
      if (taken > 0) this.keep(backlog.subarray(taken), spare === NONE_SPARE ? NONE_SPARE : spare + taken);
      return;
    }
    this.backlog = null;
    this.settle();
    if (this.stream !== null) this.events.onUnblocked();
  }

  private feedChunked(chunk: Uint8Array, from: number, to: number, isOurs: boolean): number {
    const { decoder } = this;
    if (decoder === null) return from;
    const result = decoder.decode(chunk, from, to, MAX_CHUNKS_PER_TURN);
    if (result === Chunked.malformed) {
      this.events.onMalformed(decoder.fault);
      return to;
    }
    if (result === Chunked.done) {
      this.complete = true;
      if (decoder.trailers.length > 0) this.trailers = decoder.trailers;
    }
    const { position, dataEnd } = decoder;
    this.take(chunk, from, dataEnd, isOurs);
    return position;
  }

  private keep(bytes: Uint8Array, spare: number): void {
    this.backlog = bytes;
    this.backlogSpare = spare;
  }

  private take(chunk: Uint8Array, from: number, to: number, isOurs: boolean): void {
    const length = to - from;
    this.bytes += length;
    if (this.bytes > this.maxBytes) {
      this.events.onTooLarge();
      return;
    }
    if (length > 0) this.watcher?.request(chunk, from, to);
    const { stream } = this;
    if (stream === null) return;
    if (length > 0) {
      const taken = stream.write(chunk.subarray(from, to), isOurs ? from : NONE_SPARE);
      if (this.stream !== stream) return;
      if (taken < length) {
        // A view would pin the whole read; copy when that is much more than what is left.
        const left = length - taken;
        if (chunk.length > left * 2) this.keep(copyOf(chunk, from + taken, to), 0);
        else this.keep(chunk.subarray(from + taken, to), isOurs ? from + taken : NONE_SPARE);
        this.events.onBlocked();
        return;
      }
    }
    this.settle();
  }

  private settle(): void {
    if (!this.complete || this.ended || this.backlog !== null || this.stream === null) return;
    this.ended = true;
    this.stream.end(this.trailers);
  }
}
