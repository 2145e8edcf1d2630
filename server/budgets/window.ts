import type { BudgetPeriod } from "../../db/schema/index.ts";
import { type BillingPeriod, billingPeriodOf, type SubscriptionTimes } from "../pricing/index.ts";

const DAY_MS = 86_400_000;

/**
 * The time that a budget counts in: a day of UTC, or the billing period. Sums are kept by the hour, so an hour in which a
 * billing period begins belongs to the one before, as on the invoice.
 */
export function windowOf(
  period: BudgetPeriod,
  subscription: SubscriptionTimes | null,
  now: Date,
): BillingPeriod {
  if (period === "month") return billingPeriodOf(subscription, now);
  const start = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  return { start: new Date(start), end: new Date(start + DAY_MS) };
}
