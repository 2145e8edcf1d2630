import { AcmeError } from "./acme-error.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Renewed so long before the end; a certificate that lives short, when a third of its life is left. */
const RENEW_BEFORE_MS = 30 * DAY_MS;
/** Pauses between orders that failed. CAs allow five failed validations of a name an hour, so four at most fall into one. */
const PAUSES_MS = [2 * MINUTE_MS, 15 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS, 6 * HOUR_MS];
const LAST_PAUSE_MS = DAY_MS;
/** A CA that says "too many" and not how long. */
const LIMITED_MS = HOUR_MS;
/** Limits of a week are told as such; we look in again sooner than that. */
const LONGEST_LIMIT_MS = 3 * DAY_MS;

export function renewalTime(notBefore: Date, notAfter: Date): Date {
  const lifeMs = notAfter.getTime() - notBefore.getTime();
  return new Date(notAfter.getTime() - Math.min(RENEW_BEFORE_MS, lifeMs / 3));
}

/** @param failures in a row, this one counted */
export function retryTime(error: unknown, failures: number, now: Date): Date {
  const usual = PAUSES_MS[failures - 1] ?? LAST_PAUSE_MS;
  if (!isRateLimit(error)) return new Date(now.getTime() + usual);
  const told = error.retryAfterSeconds === null ? LIMITED_MS : error.retryAfterSeconds * 1_000;
  return new Date(now.getTime() + Math.min(LONGEST_LIMIT_MS, Math.max(usual, told)));
}

export function isRateLimit(error: unknown): error is AcmeError {
  return error instanceof AcmeError && (error.type === "rateLimited" || error.status === 429);
}
