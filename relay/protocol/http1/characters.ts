/** Byte classes of RFC 9110 and small comparisons on byte ranges. Nothing here but `text` allocates. */

export const CR = 13;
export const LF = 10;
export const SP = 32;
export const HTAB = 9;
export const COLON = 58;
export const COMMA = 44;

/** 1 for `tchar` (RFC 9110 section 5.6.2). */
export const TOKEN = new Uint8Array(256);
for (const c of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  TOKEN[c.charCodeAt(0)] = 1;
}

/** 1 for what may stand in a field value: HTAB, SP, visible ASCII, obs-text (RFC 9110 section 5.5). */
export const VALUE = new Uint8Array(256).fill(1);
VALUE.fill(0, 0, 32);
VALUE[HTAB] = 1;
VALUE[127] = 0;

/** 1 for what may stand in a request target. Non-ASCII bytes pass as they are; a fragment is no part of it. */
export const TARGET = new Uint8Array(256).fill(1);
TARGET.fill(0, 0, 33);
TARGET[127] = 0;
TARGET[35] = 0;

/** ASCII lower case of a byte. */
export const LOWER = new Uint8Array(256);
for (let b = 0; b < 256; b++) LOWER[b] = b >= 65 && b <= 90 ? b + 32 : b;

/** Value of a hexadecimal digit, 255 for any other byte. */
export const HEX = new Uint8Array(256).fill(255);
for (let d = 0; d < 16; d++) {
  HEX["0123456789abcdef".charCodeAt(d)] = d;
  HEX["0123456789ABCDEF".charCodeAt(d)] = d;
}

/** The bytes of an ASCII text. */
export function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** True when `bytes[start, end)` is `word`, letters compared without case. @param word lower case */
export function equalsIgnoreCase(bytes: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  const length = word.length;
  if (end - start !== length) return false;
  for (let i = 0; i < length; i++) if (LOWER[bytes[start + i]] !== word[i]) return false;
  return true;
}

/** True when two ranges of one buffer hold the same text, letters compared without case. */
export function sameRange(
  bytes: Uint8Array,
  aStart: number,
  aEnd: number,
  bStart: number,
  bEnd: number,
): boolean {
  if (aEnd - aStart !== bEnd - bStart) return false;
  for (let i = aStart, j = bStart; i < aEnd; i++, j++) if (LOWER[bytes[i]] !== LOWER[bytes[j]]) return false;
  return true;
}

/** A method of Buffer in Bun and Node that its type leaves out; put together character by character, text costs ten times as much. */
const { latin1Slice } = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
};

/** A byte range as text, one character per byte (latin 1). */
export function text(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end);
}

/**
 * The number in `bytes[start, end)`: digits only, no sign, no leading zero, at most 2^53-1.
 * @returns -1 when it is anything else
 */
export function decimal(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length < 1 || length > 16 || (length > 1 && bytes[start] === 48)) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = bytes[i] - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : -1;
}
