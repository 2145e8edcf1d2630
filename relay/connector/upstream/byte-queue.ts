const none = new Uint8Array(0);

/** Bytes that wait: appended at the end, taken from the start, copied once. Holds no memory while it is empty. */
export class ByteQueue {
  /** What waits is `bytes[start, end)`; valid until the next `append`. */
  bytes: Uint8Array = none;
  start = 0;
  end = 0;

  get length(): number {
    return this.end - this.start;
  }

  /** Copies `source[from, to)` to the end. */
  append(source: Uint8Array, from = 0, to = source.length): void {
    const length = to - from;
    if (length === 0) return;
    if (this.end + length > this.bytes.length) this.makeRoom(length);
    this.bytes.set(from === 0 && to === source.length ? source : source.subarray(from, to), this.end);
    this.end += length;
  }

  /** Drops `length` bytes from the start. */
  consume(length: number): void {
    this.start += length;
    if (this.start === this.end) this.clear();
  }

  clear(): void {
    this.bytes = none;
    this.start = 0;
    this.end = 0;
  }

  private makeRoom(length: number): void {
    const needed = this.length + length;
    const { bytes } = this;
    // Moving or doubling only by halves keeps many small pieces linear; most queues see one piece, which gets what it needs.
    const fits = needed <= bytes.length && this.start >= bytes.length / 2;
    const target = fits
      ? bytes
      : new Uint8Array(bytes.length === 0 ? needed : Math.max(needed, bytes.length * 2));
    if (target === this.bytes) target.copyWithin(0, this.start, this.end);
    else target.set(this.bytes.subarray(this.start, this.end));
    this.bytes = target;
    this.end = this.length;
    this.start = 0;
  }
}
