import { CR, LF } from "./characters.ts";
import { HEAD_INCOMPLETE, HeadFault } from "./faults.ts";

/**
 * Looks for the end of a head that arrives in pieces, each byte once: keep the bytes, and on each new piece pass
 * `scanned` as the length that was there before. Parse only when this finds the end, so that a head sent byte by byte
 * costs no more than one sent whole.
 *
 * @param start where the head begins; one empty line before it is allowed and not its end
 * @param scanned how far earlier calls have looked; at least `start`
 * @returns offset after the empty line, `HEAD_INCOMPLETE`, or `HeadFault.malformed` at a bare CR or LF
 */
export function findHeadEnd(bytes: Uint8Array, start: number, scanned: number, to: number): number {
  for (let at = scanned; at < to; at++) {
    const byte = bytes[at];
    if (byte === LF) {
      if (at === start || bytes[at - 1] !== CR) return HeadFault.malformed;
      if (at - 3 > start && bytes[at - 2] === LF) return at + 1;
      if (at - 3 === start && bytes[at - 2] === LF) return HeadFault.malformed;
    } else if (at > start && bytes[at - 1] === CR) {
      return HeadFault.malformed;
    }
  }
  return HEAD_INCOMPLETE;
}
