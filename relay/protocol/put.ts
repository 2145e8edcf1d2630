const copy = Buffer.prototype.copy;
/** Calling for a copy costs as much as making one of so many bytes. */
const SHORT_BYTES = 32;

/**
 * Copies `source[from, to)` to `target` at `at`, which must not overlap, without a view of the range: on the hot path that
 * garbage costs more than the copy, and the first view of what a socket has read more than all of it.
 * @returns offset after it
 */
export function put(target: Uint8Array, at: number, source: Uint8Array, from: number, to: number): number {
  const length = to - from;
  if (length > SHORT_BYTES) copy.call(source, target, at, from, to);
  else for (let i = 0; i < length; i++) target[at + i] = source[from + i]!;
  return at + length;
}

/** Copies all of `source`. @returns offset after it */
export function putAll(target: Uint8Array, at: number, source: Uint8Array): number {
  return put(target, at, source, 0, source.length);
}
