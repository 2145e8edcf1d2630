import { put } from "../protocol/put.ts";

/** Methods of Buffer in Bun and Node that its type leaves out; they skip the choice of an encoding. */
interface Latin1 {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  latin1Write(this: Uint8Array, text: string, offset: number): number;
}
const { latin1Slice, latin1Write } = Buffer.prototype as unknown as Latin1;

/** Writes text of one byte per character. @returns offset after it */
export function putText(target: Uint8Array, at: number, text: string): number {
  return at + latin1Write.call(target, text, at);
}

/** A byte range as text, one character per byte. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end);
}

/** A copy that pins nothing else in memory. */
export function copyOf(bytes: Uint8Array, from: number, to: number): Buffer {
  const out = Buffer.allocUnsafeSlow(to - from);
  put(out, 0, bytes, from, to);
  return out;
}

/** True when `bytes[from, to)` equals `other`. */
export function sameBytes(bytes: Uint8Array, from: number, to: number, other: Uint8Array): boolean {
  if (to - from !== other.length) return false;
  for (let i = 0; i < other.length; i++) if (bytes[from + i] !== other[i]) return false;
  return true;
}
