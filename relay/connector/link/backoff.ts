/** First retry after 100 to 250 ms: a restarted relay is found within a fraction of a second. */
const FIRST_MIN_MS = 100;
const FIRST_MAX_MS = 250;
const GROWTH = 1.7;
/** In the first half minute no wait is longer: a relay that returns has its connectors back within 1.5 s. */
const NEAR_MAX_MS = 1_100;
/** Retries in that time. */
const NEAR_ATTEMPTS = 40;
/** No wait is ever longer: what has been away for long is found within this. */
export const MAX_DELAY_MS = 15_000;

/**
 * Wait before a retry. The spread of each step is wide, so that the connectors of a relay that has died come back
 * spread out, not as one wave.
 *
 * @param attempt failures in a row before this retry, from 0
 * @param random in [0, 1)
 */
export function retryDelayMs(attempt: number, random: number = Math.random()): number {
  const near = Math.min(FIRST_MAX_MS * GROWTH ** Math.min(attempt, NEAR_ATTEMPTS), NEAR_MAX_MS);
  const beyond = Math.min(Math.max(attempt - NEAR_ATTEMPTS, 0), 40);
  const max = Math.min(near * GROWTH ** beyond, MAX_DELAY_MS);
  const min = max * (FIRST_MIN_MS / FIRST_MAX_MS);
  return min + (max - min) * random;
}
