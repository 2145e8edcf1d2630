import {
  CHUNK_END,
  CHUNK_HEAD_BYTES,
  LAST_CHUNK,
  LAST_CHUNK_BEFORE_TRAILERS,
  writeChunkHead,
} from "../../protocol/http1/index.ts";
import { DATA_BYTES } from "../../protocol/limits.ts";
import { ByteQueue } from "./byte-queue.ts";
import type { UpstreamSocket } from "./socket.ts";

/** With more than this waiting to go out, payload is held unframed, so that a thousand tiny pieces become one chunk. */
const MERGE_BYTES = 16_384;
const sizeLine = new Uint8Array(CHUNK_HEAD_BYTES);
const nothing = new Uint8Array(0);

export interface RequestBodyOwner {
  /** The socket has taken `bytes` of the payload: the stream's window may open by them. */
  requestTaken(bytes: number): void;
  /** `sent` has become true. */
  requestSent(): void;
}

/**
 * The sending half of an exchange: head, body and end towards the upstream, framed, held while the socket is full.
 * Bytes held are bounded by the stream's window, since `requestTaken` is told only of what the socket has taken.
 */
export class RequestBody {
  /** Set once connected. */
  socket: UpstreamSocket | null = null;
  /** Payload bytes handed in. */
  received = 0;
  /** The end was handed in. */
  ended = false;
  /** Everything, the end included, has been taken by the socket. */
  sent = false;
  private readonly chunked: boolean;
  private readonly owner: RequestBodyOwner;
  /** Bytes as they go out: the head, what was left of a write. */
  private readonly wire = new ByteQueue();
  /** Payload among `wire`, given back when all of it is out. */
  private wireCredit = 0;
  private readonly held = new ByteQueue();
  private endBytes: Uint8Array;
  private flushing = false;

  constructor(chunked: boolean, owner: RequestBodyOwner) {
    this.chunked = chunked;
    this.owner = owner;
    this.endBytes = chunked ? LAST_CHUNK : nothing;
  }

  /** Puts the head in front, without what is out already; it leaves with the first of the body or at the next `flush`. */
  setHead(head: Uint8Array, from: number, to: number): void {
    this.wire.append(head, from, to);
  }

  /**
   * Body bytes; copied when they cannot leave now.
   * @param hold true while more is about to come in the same tick
   */
  push(chunk: Uint8Array, hold: boolean): void {
    this.received += chunk.length;
    if (this.held.length > 0 || this.wire.length > MERGE_BYTES) {
      this.held.append(chunk);
    } else if (this.chunked || hold || this.socket === null || this.wire.length > 0) {
      this.frame(chunk, 0, chunk.length);
    } else {
      const taken = Math.max(0, this.socket.write(chunk, 0, chunk.length));
      if (taken > 0) this.owner.requestTaken(taken);
      if (taken < chunk.length) this.frame(chunk, taken, chunk.length);
      return;
    }
    if (!hold) this.flush();
  }

  /** No more body; `trailers` are field lines, sent when the body is chunked. */
  end(trailers: Uint8Array | null, hold: boolean): void {
    if (this.ended) return;
    this.ended = true;
    if (trailers !== null && this.chunked) {
      const bytes = new Uint8Array(LAST_CHUNK_BEFORE_TRAILERS.length + trailers.length + CHUNK_END.length);
      bytes.set(LAST_CHUNK_BEFORE_TRAILERS);
      bytes.set(trailers, LAST_CHUNK_BEFORE_TRAILERS.length);
      bytes.set(CHUNK_END, bytes.length - CHUNK_END.length);
      this.endBytes = bytes;
    }
    if (!hold) this.flush();
  }

  /** Sends what the socket takes. */
  flush(): void {
    const { socket } = this;
    if (socket === null || this.sent || this.flushing) return;
    // `requestTaken` may bring more body at once on a link in memory.
    this.flushing = true;
    while (this.step(socket));
    this.flushing = false;
    if (this.sent) this.owner.requestSent();
  }

  private step(socket: UpstreamSocket): boolean {
    if (this.wire.length <= MERGE_BYTES) this.compose();
    const { wire } = this;
    if (wire.length > 0) {
      const taken = socket.write(wire.bytes, wire.start, wire.length);
      if (taken > 0) wire.consume(taken);
      if (wire.length > 0) return false;
      const credit = this.wireCredit;
      this.wireCredit = 0;
      if (credit > 0) this.owner.requestTaken(credit);
      return true;
    }
    this.sent = this.ended && this.held.length === 0 && this.endBytes.length === 0;
    return false;
  }

  /** Moves the next block of what is held, and the end when it is its turn, behind `wire`. */
  private compose(): void {
    const { held } = this;
    const length = Math.min(held.length, DATA_BYTES);
    if (length > 0) {
      this.frame(held.bytes, held.start, held.start + length);
      held.consume(length);
    }
    if (this.ended && held.length === 0 && this.endBytes.length > 0) {
      this.wire.append(this.endBytes);
      this.endBytes = nothing;
    }
  }

  private frame(bytes: Uint8Array, from: number, to: number): void {
    const { wire } = this;
    if (this.chunked) wire.append(sizeLine, 0, writeChunkHead(sizeLine, 0, to - from));
    wire.append(bytes, from, to);
    if (this.chunked) wire.append(CHUNK_END);
    this.wireCredit += to - from;
  }
}
