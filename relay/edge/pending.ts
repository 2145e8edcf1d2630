import { put } from "../protocol/put.ts";
import { copyOf } from "./bytes.ts";

/** Bytes of one connection that nobody has taken yet. Holds copies, so that no read of the socket is pinned. */
export class Pending {
  /** How far the bytes have been searched for the end of a head. */
  scanned = 0;
  length = 0;
  private buffer: Uint8Array | null = null;

  get isEmpty(): boolean {
    return this.buffer === null;
  }

  /** The bytes are `[0, length)` of it; valid until the next `add`. */
  get bytes(): Uint8Array {
    return this.buffer ?? new Uint8Array(0);
  }

  add(bytes: Uint8Array, from: number, to: number): void {
    const length = this.length + to - from;
    if (this.buffer === null) {
      this.buffer = copyOf(bytes, from, to);
    } else {
      if (length > this.buffer.length) {
        const grown = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.buffer.length));
        put(grown, 0, this.buffer, 0, this.length);
        this.buffer = grown;
      }
      put(this.buffer, this.length, bytes, from, to);
    }
    this.length = length;
  }

  /** Takes what is left of bytes that `take` gave back, without a copy. Only while it is empty. */
  giveBack(bytes: Uint8Array, from: number, to: number): void {
    this.buffer = bytes.subarray(from, to);
    this.length = to - from;
  }

  /** Hands the bytes over: from now on they are the caller's. */
  take(): Uint8Array {
    const taken = this.bytes.subarray(0, this.length);
    this.clear();
    return taken;
  }

  clear(): void {
    this.buffer = null;
    this.length = 0;
    this.scanned = 0;
  }
}
