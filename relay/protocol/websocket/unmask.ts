/** Shorter payloads are not worth the view that the word loop needs. */
const WORDS_FROM = 48;
/** Words are read in the machine's order, and so must the mask be. */
const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * Removes the mask of `bytes[start, stop)` in place, a 32-bit word at a time (RFC 6455 section 5.3). A mask of zeros, which
 * our own connectors use where nobody reads on the way, costs nothing.
 *
 * @param mask the four mask bytes as a big-endian number
 * @param phase how many payload bytes came before `start`: where in the mask to begin
 */
export function unmask(bytes: Uint8Array, start: number, stop: number, mask: number, phase: number): void {
  if (mask === 0) return;
  let at = start;
  let shift = phase & 3;
  if (stop - start >= WORDS_FROM) {
    while (((bytes.byteOffset + at) & 3) !== 0) {
      bytes[at] = bytes[at]! ^ maskByte(mask, shift);
      at++;
      shift = (shift + 1) & 3;
    }
    const count = (stop - at) >>> 2;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, count);
    const rotated = rotate(mask, shift);
    const word = littleEndian ? swap(rotated) : rotated;
    for (let i = 0; i < count; i++) words[i] = words[i]! ^ word;
    at += count << 2;
  }
  for (; at < stop; at++) {
    bytes[at] = bytes[at]! ^ maskByte(mask, shift);
    shift = (shift + 1) & 3;
  }
}

function maskByte(mask: number, index: number): number {
  return (mask >>> (24 - (index << 3))) & 0xff;
}

/** The mask as seen by a reader that starts `bytes` later. */
function rotate(mask: number, bytes: number): number {
  const bits = bytes << 3;
  return bits === 0 ? mask | 0 : (mask << bits) | (mask >>> (32 - bits));
}

function swap(value: number): number {
  return (
    ((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | ((value >>> 24) & 0xff)
  );
}
