import { putAll } from "../../protocol/put.ts";
import { toCopy } from "./text.ts";

const TAB = 9;
const NEWLINE = 10;
const BACKSLASH = 92;
const ZERO = 48;
const TIME_BYTES = 24;
const BILLION = 1_000_000_000;
const NULL = Buffer.from("\\N");

/** Writes fields of COPY's text format into a buffer, without making strings of them. Used again for each record. */
export class TextWriter {
  /** The offset after what was written. */
  end = 0;
  private target: Buffer = NULL;
  /** The second that was written last, and its text. */
  private second = Number.NaN;
  private readonly secondText = Buffer.alloc(TIME_BYTES);

  start(target: Buffer, at: number): this {
    this.target = target;
    this.end = at;
    return this;
  }

  tab(): this {
    this.target[this.end++] = TAB;
    return this;
  }

  newline(): this {
    this.target[this.end++] = NEWLINE;
    return this;
  }

  flag(value: boolean): this {
    this.target[this.end++] = value ? ZERO + 1 : ZERO;
    return this;
  }

  /** Bytes that are fields already. */
  bytes(bytes: Buffer): this {
    this.end = putAll(this.target, this.end, bytes);
    return this;
  }

  text(text: string | null): this {
    if (text === null) return this.bytes(NULL);
    const { target } = this;
    const { length } = text;
    let at = this.end;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code < 32 || code > 126 || code === BACKSLASH) {
        this.end += target.write(toCopy(text), this.end);
        return this;
      }
      target[at++] = code;
    }
    this.end = at;
    return this;
  }

  /** A whole number; what is none goes out as it is, for the reader to refuse. */
  whole(value: number | null): this {
    if (value === null) return this.bytes(NULL);
    if (value >= 0 && value < BILLION && (value | 0) === value) {
      this.digits(value, digitsOf(value));
    } else if (value >= BILLION && value < BILLION * BILLION && Number.isSafeInteger(value)) {
      const high = Math.floor(value / BILLION);
      if (high >= BILLION) return this.text(String(value));
      this.digits(high, digitsOf(high));
      this.digits(value - high * BILLION, 9);
    } else {
      return this.text(String(value));
    }
    return this;
  }

  /** Milliseconds since the epoch, as ISO 8601 in UTC. */
  time(ms: number): this {
    const second = Math.floor(ms / 1_000);
    if (second !== this.second) {
      const text = new Date(ms).toISOString();
      // Years past 9999 are longer.
      if (text.length !== TIME_BYTES) return this.text(text);
      this.secondText.write(text, "latin1");
      this.second = second;
    }
    this.bytes(this.secondText);
    // "2026-11-20T12:30:00." before the milliseconds, "Z" behind them.
    this.end -= 4;
    this.digits(ms - second * 1_000, 3);
    this.end++;
    return this;
  }

  private digits(value: number, count: number): void {
    const { target, end } = this;
    let left = value | 0;
    for (let at = end + count - 1; at >= end; at--) {
      const rest = (left / 10) | 0;
      target[at] = ZERO + left - rest * 10;
      left = rest;
    }
    this.end = end + count;
  }
}

function digitsOf(value: number): number {
  let count = 1;
  for (let power = 10; power <= value; power *= 10) count++;
  return count;
}
