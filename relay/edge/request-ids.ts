/** Request ids: cheap, unique over restarts and processes, and sortable within one process. */
export interface RequestIds {
  /** `req_` and 20 or more of 0-9a-z. */
  next(): string;
}

/** The last two digits of all ids: turning a number into text of base 36 costs more than anything else about one. */
const PAIRS = Array.from({ length: 36 ** 2 }, (_, n) => n.toString(36).padStart(2, "0"));

/** @param random 8 or more random bytes, so that two processes started in one second differ */
export function createRequestIds(startedAtMs: number, random: Uint8Array): RequestIds {
  const started = Math.floor(startedAtMs / 1_000).toString(36);
  const noise = Array.from(random.subarray(0, 8), (byte) => (byte % 36).toString(36)).join("");
  const prefix = `req_${started}${noise}`;
  // Six digits from the first id on, so that text order is number order.
  let high = 36 ** 5 / PAIRS.length;
  let before = "";
  let pair = PAIRS.length;
  return {
    next() {
      if (pair === PAIRS.length) {
        before = prefix + (high++).toString(36);
        pair = 0;
      }
      return before + PAIRS[pair++];
    },
  };
}
