/** Reports of a running period keep this far from its end: what comes after the end still finds later seconds. */
const RESERVED_MS = 600_000;
/** Stripe's clock may be behind ours by so much before an event could fall behind a cancellation at this moment. */
const BEHIND_MS = 60_000;
const SECOND_MS = 1_000;

/**
 * The time that an event is given, whole seconds, inside the period and after every event before it, so that with `last`
 * aggregation the newest report always counts and none leaves its period, whatever the clocks do.
 *
 * @param phase `running`: now, but no later than 600 s before the end; `closing`: from 599 s before the end on
 * @param after time of the last event that Stripe counts or may count
 * @returns null: no second is left in the period
 */
export function nextEventTime(
  period: { readonly start: Date; readonly end: Date },
  phase: "running" | "closing",
  now: Date,
  after: Date | null,
): Date | null {
  const end = period.end.getTime();
  const wanted =
    phase === "running"
      ? Math.min(now.getTime() - BEHIND_MS, end - RESERVED_MS)
      : end - RESERVED_MS + SECOND_MS;
  const first = Math.ceil(period.start.getTime() / SECOND_MS) * SECOND_MS;
  const whole = Math.floor(wanted / SECOND_MS) * SECOND_MS;
  const time = Math.max(first, whole, after === null ? first : after.getTime() + SECOND_MS);
  return time < end ? new Date(time) : null;
}
