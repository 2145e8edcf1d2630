const dayMs = 24 * 60 * 60 * 1000;

/** How long a new access key lives, as the form offers it. */
export const keyLifetimes = [
  { value: "never", label: "when revoked", days: null },
  { value: "7", label: "in 7 days", days: 7 },
  { value: "30", label: "in 30 days", days: 30 },
  { value: "365", label: "in a year", days: 365 },
] as const;

/** The end of a key made at `now` (milliseconds), ISO 8601; undefined for one that ends by revoking only. */
export function keyExpiry(value: string, now: number): string | undefined {
  const days = keyLifetimes.find((lifetime) => lifetime.value === value)?.days;
  return days ? new Date(now + days * dayMs).toISOString() : undefined;
}
