import type { MeterName, PlanName } from "../../db/schema/index.ts";
import type { MeterTotals } from "../pricing/index.ts";
import type { LedgerSubscription } from "./store.ts";

export interface MeterEvent {
  readonly stripeCustomerId: string;
  readonly meter: MeterName;
  /** Cumulative since the start of the period. */
  readonly value: number;
  /** Whole seconds. */
  readonly eventTime: Date;
  readonly identifier: string;
  /** 1 for the first try. */
  readonly attempt: number;
}

/**
 * What came of an event. `accepted`: Stripe has it, now or since an earlier try. `rejected`: it will never take this one.
 * `unknown`: it may have it or not.
 */
export type SendOutcome =
  | { readonly kind: "accepted" }
  | { readonly kind: "rejected"; readonly message: string }
  | {
      readonly kind: "unknown";
      readonly message: string;
      /** false: trying again now cannot help (a wrong key). */
      readonly mayRetry: boolean;
      /** Stripe asks for at least this pause. */
      readonly retryAfterMs: number | null;
    };

/** An invoice that charges for usage. */
export interface UsageInvoice {
  readonly invoiceId: string;
  /** false while it is a draft: what is reported now still counts. */
  readonly isFinal: boolean;
  readonly createdAt: Date;
  /** Whose usage it charges for. */
  readonly periodStart: Date;
  readonly periodEnd: Date;
  /** At whose prices; null: not known, or nothing was charged. */
  readonly plan: PlanName | null;
  readonly quantities: MeterTotals;
  readonly amountsCents: MeterTotals;
}

/** What the ledger needs from Stripe. The reads throw when Stripe cannot be asked. */
export interface StripeGateway {
  /** Never throws: what went wrong is in the outcome. */
  send(event: MeterEvent): Promise<SendOutcome>;
  getSubscription(subscriptionId: string): Promise<Omit<LedgerSubscription, "plan">>;
  /** The newest dozen. */
  listUsageInvoices(subscriptionId: string): Promise<UsageInvoice[]>;
  /** What Stripe counts for a period at the moment; lags behind. */
  getMeterTotal(
    stripeCustomerId: string,
    meter: MeterName,
    period: { readonly start: Date; readonly end: Date },
  ): Promise<number>;
}

const MINUTE_MS = 60_000;

/**
 * Whether `getMeterTotal` says something about a period: Stripe sums up whole minutes, and a period that was cut short may
 * begin and end within one.
 *
 * @param last time of the last event that should be counted; null: there is none
 */
export function isComparable(
  { start, end }: { readonly start: Date; readonly end: Date },
  last: Date | null,
): boolean {
  if (last === null) return start.getTime() % MINUTE_MS === 0;
  return last.getTime() < Math.floor(end.getTime() / MINUTE_MS) * MINUTE_MS;
}
