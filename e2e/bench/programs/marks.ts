import type { Buffer } from "node:buffer";

/** Bytes of a mark: `@`, the time in microseconds since 1970, `@`. */
const DIGITS = 16;
export const MARK_BYTES = DIGITS + 2;
const AT = 0x40;

/** The time of sending, as it stands inside an event. */
export function mark(nowMs: number): string {
  return `@${String(Math.round(nowMs * 1_000)).padStart(DIGITS, "0")}@`;
}

/**
 * Finds the marks in a chunked body, however the bytes were cut on the way: into chunks by a proxy, into pieces by the
 * sockets. Nothing else in the body may hold an `@`.
 */
export class MarkReader {
  private readonly onMark: (sentAtMs: number) => void;
  /** Bytes still to come of the chunk that has begun; null: at a size line. */
  private left: number | null = null;
  private sizeLine = "";
  /** The beginning of a mark whose rest is yet to come. */
  private begun = "";
  /** The last chunk was seen. */
  ended = false;

  constructor(onMark: (sentAtMs: number) => void) {
    this.onMark = onMark;
  }

  /** @throws when the body is not chunked as RFC 9112 section 7.1 has it */
  read(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length && !this.ended) {
      if (this.left === null) {
        const end = bytes.indexOf(0x0a, at);
        this.sizeLine += bytes.toString("latin1", at, end < 0 ? bytes.length : end);
        if (end < 0) return;
        at = end + 1;
        const line = this.sizeLine.trim();
        this.sizeLine = "";
        // The line end after a chunk.
        if (line === "") continue;
        if (!/^[0-9a-f]+$/i.test(line)) throw new Error(`not a chunk size: ${line.slice(0, 40)}`);
        this.left = Number.parseInt(line, 16);
        if (this.left === 0) this.ended = true;
      } else {
        const stop = Math.min(bytes.length, at + this.left);
        this.scan(bytes, at, stop);
        this.left -= stop - at;
        if (this.left === 0) this.left = null;
        at = stop;
      }
    }
  }

  private scan(bytes: Buffer, from: number, to: number): void {
    let at = from;
    if (this.begun !== "") {
      const wanted = MARK_BYTES - this.begun.length;
      this.begun += bytes.toString("latin1", at, Math.min(to, at + wanted));
      if (this.begun.length < MARK_BYTES) return;
      this.found(this.begun);
      this.begun = "";
      at += wanted;
    }
    for (;;) {
      const start = bytes.indexOf(AT, at);
      if (start < 0 || start >= to) return;
      if (start + MARK_BYTES > to) {
        this.begun = bytes.toString("latin1", start, to);
        return;
      }
      this.found(bytes.toString("latin1", start, start + MARK_BYTES));
      at = start + MARK_BYTES;
    }
  }

  private found(text: string): void {
    this.onMark(Number(text.slice(1, -1)) / 1_000);
  }
}
