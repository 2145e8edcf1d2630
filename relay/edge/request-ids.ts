/** Request ids: cheap, unique over restarts and processes, and sortable within one process. */
export interface RequestIds {
  /** `req_` and 20 or more of 0-9a-z. */
  next(): string;
}

/** @param random 8 or more random bytes, so that two processes started in one second differ */
export function createRequestIds(startedAtMs: number, random: Uint8Array): RequestIds {
  const started = Math.floor(startedAtMs / 1_000).toString(36);
  const noise = Array.from(random.subarray(0, 8), (byte) => (byte % 36).toString(36)).join("");
  const prefix = `req_${started}${noise}`;
  // Six digits from the first id on, so that text order is number order.
  let count = 36 ** 5;
  return { next: () => prefix + (count++).toString(36) };
}
