const copy = Buffer.prototype.copy;

/**
 * Copies `source[from, to)` to `target` at `at`, without a view of the range: on the hot path that garbage costs more than
 * the copy, and the first view of what a socket has read more than all of it.
 * @returns offset after it
 */
export function put(target: Uint8Array, at: number, source: Uint8Array, from: number, to: number): number {
  copy.call(source, target, at, from, to);
  return at + (to - from);
}

/** Copies all of `source`. @returns offset after it */
export function putAll(target: Uint8Array, at: number, source: Uint8Array): number {
  return put(target, at, source, 0, source.length);
}
