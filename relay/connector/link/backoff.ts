/** First retry after 100 to 250 ms: a restarted relay is found within a fraction of a second. */
const FIRST_MIN_MS = 100;
const FIRST_MAX_MS = 250;
const GROWTH = 1.7;
/** No wait is longer: a relay that returns is found within this. */
export const MAX_DELAY_MS = 15_000;

/**
 * Wait before a retry. The spread of each step is wide, so that the connectors of a relay that has died come back
 * spread out, not as one wave.
 *
 * @param attempt failures in a row before this retry, from 0
 * @param random in [0, 1)
 */
export function retryDelayMs(attempt: number, random: number = Math.random()): number {
  const factor = GROWTH ** Math.min(attempt, 40);
  const max = Math.min(FIRST_MAX_MS * factor, MAX_DELAY_MS);
  const min = Math.min(FIRST_MIN_MS * factor, MAX_DELAY_MS / 2);
  return min + (max - min) * random;
}
