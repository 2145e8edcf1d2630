import type { MeterName } from "../../db/schema/index.ts";
import type { Plan } from "../plans.ts";
import { type Charge, chargeOf } from "./charge.ts";
import type { BillingPeriod } from "./periods.ts";

/** What is counted for money, in the order in which people are shown it. */
export const meterNames = [
  "requests",
  "megabytes",
  "tokens",
  "storage",
  "storage_writes",
  "storage_reads",
] as const satisfies readonly MeterName[];
/** Of them, those that count requests; the others count days of backup buckets. */
export const requestMeterNames = ["requests", "megabytes", "tokens"] as const satisfies readonly MeterName[];

export type MeterTotals = Readonly<Record<MeterName, number>>;

/** A record with a value for each meter. */
export function eachMeter<T>(of: (meter: MeterName) => T): Record<MeterName, T> {
  return Object.fromEntries(meterNames.map((meter) => [meter, of(meter)])) as Record<MeterName, T>;
}

/** Of all meters nothing. A new object each time. */
export const noTotals = (): Record<MeterName, number> => eachMeter(() => 0);

export interface PeriodCost {
  readonly meters: Readonly<Record<MeterName, Charge>>;
  /** All meters together; each is rounded by itself, as on the invoice. Seats, discounts and taxes are not in it. */
  readonly meteredCents: number;
}

/** What the usage of a period costs. Seats are paid in advance and not part of it. */
export function costOf(plan: Plan, totals: MeterTotals): PeriodCost {
  const meters = eachMeter((meter) => chargeOf(plan, meter, totals[meter]));
  return { meters, meteredCents: meterNames.reduce((sum, meter) => sum + meters[meter].amountCents, 0) };
}

/** Before this much of a period is over, what was used says nothing about its end: an hour, in ms. */
const FORECAST_FROM_MS = 3_600_000;

/**
 * What the period ends with if it goes on as it did so far: a straight line through the start and now, rounded down.
 * @returns null in the first hour and before; the totals themselves once the period is over
 */
export function forecastOf(period: BillingPeriod, totals: MeterTotals, now: Date): MeterTotals | null {
  const length = period.end.getTime() - period.start.getTime();
  const elapsed = now.getTime() - period.start.getTime();
  if (elapsed < FORECAST_FROM_MS) return null;
  if (elapsed >= length) return totals;
  const whole = (quantity: number) => Number((BigInt(quantity) * BigInt(length)) / BigInt(elapsed));
  return eachMeter((meter) => whole(totals[meter]));
}
