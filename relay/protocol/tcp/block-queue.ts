/** Waiting bytes are kept in blocks: a thousand tiny pieces for a stalled reader cost their bytes, not a buffer each. */
const BLOCK_BYTES = 16_384;

interface Block {
  readonly bytes: Uint8Array;
  /** Bytes `[from, to)` wait. */
  from: number;
  to: number;
}

/** Bytes that a socket would not take yet, copied. */
export class BlockQueue {
  /** Bytes that wait. */
  length = 0;
  private blocks: Block[] = [];

  append(source: Uint8Array, from: number): void {
    const size = source.length - from;
    this.length += size;
    let last = this.blocks.at(-1);
    if (last === undefined || last.to + size > last.bytes.length) {
      last = { bytes: new Uint8Array(Math.max(size, BLOCK_BYTES)), from: 0, to: 0 };
      this.blocks.push(last);
    }
    last.bytes.set(source.subarray(from), last.to);
    last.to += size;
  }

  /**
   * Writes as much as `write` takes, and says how much that was; -1 when the socket is gone.
   * @param write as `SpliceSocket.write`
   */
  drainTo(write: (bytes: Uint8Array, offset: number, length: number) => number): number {
    let sent = 0;
    while (this.blocks.length > 0) {
      const block = this.blocks[0]!;
      const left = block.to - block.from;
      const taken = write(block.bytes, block.from, left);
      if (taken < 0) return -1;
      sent += taken;
      this.length -= taken;
      block.from += taken;
      if (taken < left) break;
      this.blocks.shift();
    }
    return sent;
  }

  clear(): void {
    this.blocks = [];
    this.length = 0;
  }
}
