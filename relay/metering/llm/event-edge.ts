const LF = 10;
const CR = 13;

/** Follows where events (or lines) of a stream end, byte by byte, whatever its line ends are. */
export class EventEdge {
  /** The stream is one of lines; else of events, which an empty line ends. */
  lines = false;
  /** The bytes so far end with a whole event, or there are none. */
  atEnd = true;
  private lineIsEmpty = true;
  private afterCr = false;

  feed(bytes: Uint8Array): void {
    const { length } = bytes;
    // Only the end matters: two line ends have four bytes at most, and the byte before them gives the state.
    const from = Math.max(0, length - 4);
    if (from > 0) {
      const before = bytes[from - 1];
      this.afterCr = before === CR;
      this.lineIsEmpty = before === CR || before === LF;
    }
    for (let at = from; at < length; at++) this.step(bytes[at]);
  }

  /** Offset after the first end in `bytes`, which would come next; -1 for none. Changes nothing. */
  find(bytes: Uint8Array): number {
    if (this.atEnd) return 0;
    const probe = new EventEdge();
    probe.lines = this.lines;
    probe.atEnd = false;
    probe.lineIsEmpty = this.lineIsEmpty;
    probe.afterCr = this.afterCr;
    for (let at = 0; at < bytes.length; at++) {
      probe.step(bytes[at]);
      if (probe.atEnd) return at + 1;
    }
    return -1;
  }

  private step(byte: number): void {
    if (byte === LF && this.afterCr) {
      this.afterCr = false;
      // It belongs to the CR: nothing has changed.
      if (this.lines) this.atEnd = true;
      return;
    }
    this.afterCr = byte === CR;
    if (byte !== LF && byte !== CR) {
      this.atEnd = false;
      this.lineIsEmpty = false;
      return;
    }
    // NDJSON knows one line end; white space before it does not matter.
    this.atEnd = this.lines ? byte === LF : this.lineIsEmpty;
    this.lineIsEmpty = true;
  }
}
