/** From `start` (inclusive) to `end` (exclusive). */
export interface BillingPeriod {
  readonly start: Date;
  readonly end: Date;
}

/** What a row of `subscriptions` says about time. */
export interface SubscriptionTimes {
  readonly current_period_start: Date;
  readonly current_period_end: Date;
  /** Set when the subscription is over. */
  readonly ended_at: Date | null;
}

/**
 * The period that usage at `at` is counted in.
 *
 * - Without a subscription: the calendar month, UTC.
 * - Within the subscription's current period: that one, as Stripe said.
 * - Past its end, because the renewal has not been read yet: the months that follow, on the anchor's day or, where a month
 *   is too short for it, on its last day, as Stripe does it. (All in UTC: no day has 23 or 25 hours.)
 * - Before its start: the month before likewise, which is right for everything but a trial or a changed anchor. Where money
 *   hangs on it, past periods come from `meter_periods`, never from here.
 * - After the subscription ended: the calendar month, but not from before the end, so that no usage counts in two.
 *
 * @see https://docs.stripe.com/billing/subscriptions/billing-cycle
 */
export function billingPeriodOf(subscription: SubscriptionTimes | null, at: Date): BillingPeriod {
  if (subscription === null) return calendarMonthOf(at);
  const { current_period_start: start, current_period_end: end, ended_at: endedAt } = subscription;
  if (endedAt !== null && at >= endedAt) {
    const month = calendarMonthOf(at);
    return { start: new Date(Math.max(month.start.getTime(), endedAt.getTime())), end: month.end };
  }
  if (at >= start && at < end) return { start, end };
  const anchor = anchorOf(start, end);
  return at < start ? monthBefore(anchor, start, at) : monthAfter(anchor, end, at);
}

/** The month of UTC that holds `at`. */
export function calendarMonthOf(at: Date): BillingPeriod {
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()];
  return { start: new Date(Date.UTC(year, month, 1)), end: new Date(Date.UTC(year, month + 1, 1)) };
}

/** Whole months after `from`, on day `day` of the month or its last one; the time of day stays. */
export function addMonths(from: Date, months: number, day: number): Date {
  const first = new Date(from);
  first.setUTCDate(1);
  first.setUTCMonth(first.getUTCMonth() + months);
  const days = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(day, days));
  return first;
}

/**
 * The anchor's day of the month. Of two months in a row at most one is too short for a day, so a monthly period shows it at
 * one of its ends. A period of another length is a trial, and what follows is anchored at its end.
 */
function anchorOf(start: Date, end: Date): number {
  const day = Math.max(start.getUTCDate(), end.getUTCDate());
  return addMonths(start, 1, day).getTime() === end.getTime() ? day : end.getUTCDate();
}

function monthAfter(day: number, end: Date, at: Date): BillingPeriod {
  for (let start = end; ; ) {
    const next = addMonths(start, 1, day);
    if (at < next) return { start, end: next };
    start = next;
  }
}

function monthBefore(day: number, start: Date, at: Date): BillingPeriod {
  for (let end = start; ; ) {
    const previous = addMonths(end, -1, day);
    if (at >= previous) return { start: previous, end };
    end = previous;
  }
}
