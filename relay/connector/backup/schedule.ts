/** A run is late by up to this part of the interval, so that not all hubs upload at the same minute. */
const JITTER = 0.1;
/** After the first failure; doubled by each further one, ms. */
const FIRST_RETRY_MS = 60_000;
/** No failure makes it wait longer, ms. */
const MAX_RETRY_MS = 3_600_000;
const HOUR_MS = 3_600_000;

/**
 * When the next backup is due, epoch ms; in the past: one was missed, run it now.
 *
 * @param lastAt end of the last one that worked, null: never
 * @param random in [0, 1), kept between two questions about the same run
 */
export function nextBackupAt(lastAt: number | null, everyHours: number, now: number, random: number): number {
  if (lastAt === null) return now;
  const interval = everyHours * HOUR_MS;
  // A clock that was set back must not put it off for longer than one interval.
  return Math.min(lastAt, now) + interval * (1 + JITTER * random);
}

/**
 * Wait after failures in a row, ms: within the interval, so that a plan of every hour is not slowed down.
 *
 * @param failures at least 1
 * @param random in [0, 1)
 */
export function retryAfterMs(failures: number, everyHours: number, random: number): number {
  const most = Math.min(MAX_RETRY_MS, everyHours * HOUR_MS);
  const wait = Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 20), most);
  return wait * (0.75 + 0.25 * random);
}
