import type { WebSocketRole } from "./role.ts";

const FIN_BINARY = 0x82;
const FIN_CLOSE = 0x88;
const FIN_PONG = 0x8a;
const MASKED = 0x80;
const MASK_BYTES = 4;

/** Of all senders whose sockets take everything at once; stays empty. */
const noQueue: Uint8Array[] = [];

/** The socket under a WebSocket. */
export interface WebSocketCarrier {
  /** Sends at once, unbuffered; returns the bytes taken, -1 when closed. */
  write(bytes: Uint8Array, offset: number, length: number): number;
  /** Sends FIN after what was written. */
  end(): void;
}

/**
 * The writing half of RFC 6455 on a raw socket: one write per message, what the socket did not take waits in a queue of
 * copies until it drains. A client masks with zeros: where its bytes could be read on the way, it must not be used.
 */
export class WebSocketSender {
  private readonly conn: WebSocketCarrier;
  private readonly maskBytes: number;
  private readonly maskBit: number;
  private queue = noQueue;
  private queuedBytes = 0;
  /** Bytes of the first queue entry that are gone already. */
  private offset = 0;
  private finishing = false;
  private closed = false;

  /** @param role ours */
  constructor(role: WebSocketRole, conn: WebSocketCarrier) {
    this.conn = conn;
    this.maskBytes = role === "client" ? MASK_BYTES : 0;
    this.maskBit = role === "client" ? MASKED : 0;
  }

  /** Bytes accepted here that the socket has not taken. */
  get bufferedBytes(): number {
    return this.queuedBytes;
  }

  /**
   * Sends `batch[start, end)` as one binary message; its header goes into the bytes before `start` (at least 14).
   * @returns false when the socket is closed
   */
  send(batch: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    const { maskBytes, maskBit } = this;
    let at = start - maskBytes;
    if (maskBytes > 0) batch.fill(0, at, start);
    if (length < 126) {
      at -= 2;
      batch[at + 1] = maskBit | length;
    } else if (length < 65_536) {
      at -= 4;
      batch[at + 1] = maskBit | 126;
      batch[at + 2] = length >>> 8;
      batch[at + 3] = length;
    } else {
      at -= 10;
      batch.fill(0, at + 2, at + 6);
      batch[at + 1] = maskBit | 127;
      batch[at + 6] = length >>> 24;
      batch[at + 7] = length >>> 16;
      batch[at + 8] = length >>> 8;
      batch[at + 9] = length;
    }
    batch[at] = FIN_BINARY;
    return this.write(batch, at, end - at);
  }

  /** Answers a ping. Dropped while the socket is stuck: a peer that does not read gets no say in our memory. */
  pong(payload: Uint8Array): void {
    if (this.queuedBytes > 0 || this.finishing) return;
    this.control(FIN_PONG, payload);
  }

  /** Sends a close frame and FIN after everything before them. Idempotent. */
  close(code: number, reason: string): void {
    if (this.finishing || this.closed) return;
    const text = new TextEncoder().encode(reason).subarray(0, 123);
    this.control(FIN_CLOSE, code === 1005 ? [] : [code >>> 8, code & 0xff, ...text]);
    this.finishing = true;
    if (this.queuedBytes === 0) this.conn.end();
  }

  /** The socket has room. @returns true when the queue shrank */
  drain(): boolean {
    if (this.closed || this.queuedBytes === 0) return false;
    const before = this.queuedBytes;
    let done = 0;
    while (done < this.queue.length) {
      const chunk = this.queue[done]!;
      const length = chunk.length - this.offset;
      const taken = this.conn.write(chunk, this.offset, length);
      if (taken < 0) {
        this.drop();
        return false;
      }
      this.queuedBytes -= taken;
      if (taken < length) {
        this.offset += taken;
        break;
      }
      this.offset = 0;
      done++;
    }
    if (done === this.queue.length) this.queue = noQueue;
    else this.queue.splice(0, done);
    if (this.queuedBytes === 0 && this.finishing) this.conn.end();
    return this.queuedBytes < before;
  }

  /** Forgets what waits: the socket is gone. */
  drop(): void {
    this.closed = true;
    this.queue = noQueue;
    this.queuedBytes = 0;
    this.offset = 0;
  }

  private control(opcode: number, payload: ArrayLike<number>): void {
    const frame = new Uint8Array(2 + this.maskBytes + payload.length);
    frame[0] = opcode;
    frame[1] = this.maskBit | payload.length;
    frame.set(payload, 2 + this.maskBytes);
    this.write(frame, 0, frame.length);
  }

  private write(bytes: Uint8Array, at: number, length: number): boolean {
    if (this.closed || this.finishing) return false;
    let taken = 0;
    if (this.queuedBytes === 0) {
      taken = this.conn.write(bytes, at, length);
      if (taken < 0) {
        this.drop();
        return false;
      }
    }
    if (taken < length) {
      if (this.queue === noQueue) this.queue = [];
      this.queue.push(bytes.slice(at + taken, at + length));
      this.queuedBytes += length - taken;
    }
    return true;
  }
}
