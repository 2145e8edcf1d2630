const none = new Uint8Array(0);

/** Bytes that wait: appended at the end, taken from the start, copied once at most. Holds no memory while it is empty. */
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

  /**
   * Takes over `source[from, to)` without a copy when it is most of its buffer; copies it otherwise, as a view of 1 KB
   * can pin the 512 KB that came in one read. The caller must not use `source` any more.
   */
  adopt(source: Uint8Array, from: number, to: number): void {
    if (this.length > 0 || (to - from) * 2 < source.buffer.byteLength) {
      this.append(source, from, to);
      return;
    }
    this.bytes = source;
    this.start = from;
    this.end = to;
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
