import { ascii, CR, LF } from "./characters.ts";

/** Most bytes that `writeChunkHead` writes: 13 hex digits and CRLF. */
export const CHUNK_HEAD_BYTES = 15;
/** After the data of each chunk. */
export const CHUNK_END = ascii("\r\n");
/** Ends a chunked body without trailers. */
export const LAST_CHUNK = ascii("0\r\n\r\n");
/** Comes before trailer field lines; an empty line goes after them. */
export const LAST_CHUNK_BEFORE_TRAILERS = ascii("0\r\n");

const DIGITS = ascii("0123456789abcdef");

/**
 * Writes the size line of one chunk. A chunk of 0 bytes would end the body, so `length` is at least 1.
 * @returns offset after it
 */
export function writeChunkHead(target: Uint8Array, offset: number, length: number): number {
  let digits = 1;
  for (let rest = Math.floor(length / 16); rest > 0; rest = Math.floor(rest / 16)) digits++;
  let value = length;
  for (let at = offset + digits - 1; at >= offset; at--) {
    target[at] = DIGITS[value % 16];
    value = Math.floor(value / 16);
  }
  target[offset + digits] = CR;
  target[offset + digits + 1] = LF;
  return offset + digits + 2;
}
