import { ascii, COMMA, equalsIgnoreCase, HTAB, SP, sameRange, TOKEN } from "./characters.ts";
import { MAX_CONNECTION_NAMES } from "./limits.ts";

const close = ascii("close");
const keepAlive = ascii("keep-alive");
const upgrade = ascii("upgrade");

/** What the `Connection` fields of a head say: three known options, and names of fields that go no further. */
export class ConnectionOptions {
  close = false;
  keepAlive = false;
  upgrade = false;
  /** Named fields as pairs of offsets. */
  private readonly names = new Int32Array(MAX_CONNECTION_NAMES * 2);
  private count = 0;

  reset(): void {
    this.close = false;
    this.keepAlive = false;
    this.upgrade = false;
    this.count = 0;
  }

  /** Reads one field value. @returns false when it is no list of tokens, or names too many fields */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start;
    while (at < end) {
      const byte = bytes[at];
      if (byte === COMMA || byte === SP || byte === HTAB) {
        at++;
        continue;
      }
      const from = at;
      while (at < end && TOKEN[bytes[at]] === 1) at++;
      const to = at;
      while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at++;
      if (to === from || (at < end && bytes[at] !== COMMA)) return false;
      if (!this.take(bytes, from, to)) return false;
    }
    return true;
  }

  /** True when the field name `bytes[start, end)` is named by the same head's `Connection`. */
  isNamed(bytes: Uint8Array, start: number, end: number): boolean {
    for (let i = 0; i < this.count; i++) {
      if (sameRange(bytes, start, end, this.names[i * 2], this.names[i * 2 + 1])) return true;
    }
    return false;
  }

  get namesFields(): boolean {
    return this.count > 0;
  }

  private take(bytes: Uint8Array, from: number, to: number): boolean {
    if (equalsIgnoreCase(bytes, from, to, keepAlive)) this.keepAlive = true;
    else if (equalsIgnoreCase(bytes, from, to, close)) this.close = true;
    else if (equalsIgnoreCase(bytes, from, to, upgrade)) this.upgrade = true;
    else {
      if (this.count === MAX_CONNECTION_NAMES) return false;
      this.names[this.count * 2] = from;
      this.names[this.count * 2 + 1] = to;
      this.count++;
    }
    return true;
  }
}
