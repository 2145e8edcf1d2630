import type { BudgetMetric } from "../../db/schema/index.ts";
import type { Plan } from "../plans.ts";

/** What was used in the time of a limit. Whole numbers. */
export interface SpentTotals {
  readonly requests: number;
  readonly bytes: number;
  readonly tokens: number;
}

/**
 * What a limit is about. `megabytes` is no budget that people set: it is what a plan without a price for more includes.
 */
export interface SpentUnit {
  readonly metric: BudgetMetric | "megabytes";
  /** Cents count above what the plan includes; else at list price, from the first unit on. */
  readonly afterIncluded: boolean;
}

const MILLION = 1_000_000;

/**
 * What totals come to in the unit of a limit; fractions of cents and megabytes are kept.
 *
 * Money of the whole account in a billing period is what the invoice will say of its usage, so the included quantities are
 * free. A key, or a single day, has no such share: its usage counts at list price.
 */
export function spentOf({ metric, afterIncluded }: SpentUnit, plan: Plan, totals: SpentTotals): number {
  switch (metric) {
    case "requests":
      return totals.requests;
    case "tokens":
      return totals.tokens;
    case "megabytes":
      return totals.bytes / MILLION;
    case "cents": {
      const { requests, megabytes, tokens } = plan.metered;
      return (
        priceOf(totals.requests, requests, afterIncluded) +
        priceOf(totals.bytes / MILLION, megabytes, afterIncluded) +
        priceOf(totals.tokens, tokens, afterIncluded)
      );
    }
  }
}

function priceOf(
  quantity: number,
  price: { readonly included: number; readonly perMillionCents: number | null },
  afterIncluded: boolean,
): number {
  const counted = afterIncluded ? Math.max(0, quantity - price.included) : quantity;
  return (counted * (price.perMillionCents ?? 0)) / MILLION;
}
