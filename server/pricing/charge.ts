import type { MeterName } from "../../db/schema/index.ts";
import type { Plan } from "../plans.ts";

/** What one quantity of one meter costs in one billing period. */
export interface Charge {
  /** Of the quantity, what the plan includes. */
  readonly includedQuantity: number;
  readonly billableQuantity: number;
  /** The exact amount: millionths of millionths of a cent. */
  readonly amountPicocents: bigint;
  /** As the invoice has it. */
  readonly amountCents: number;
}

const PICOCENTS_PER_CENT = 10n ** 12n;

/**
 * Prices the total of a billing period. Exact: integers only, rounded once, at the end, half a cent up, because Stripe
 * rounds each invoice line after multiplying (0.05 cents x 30 = 1.5, invoiced as 2). Our metered prices are graduated tiers of
 * which the first is free, so that whether Stripe writes one line for both or one line for each, only one amount
 * is ever rounded.
 *
 * A plan without a price for more ends at what it includes: its usage costs nothing.
 *
 * @param quantity whole units of the meter; a total below zero (corrections) is invoiced as zero
 * @see https://docs.stripe.com/products-prices/pricing-models#decimal-amounts
 */
export function chargeOf(plan: Plan, meter: MeterName, quantity: number): Charge {
  if (!Number.isSafeInteger(quantity))
    throw new RangeError(`a quantity is a whole number, this is ${quantity}`);
  const { included, perMillionCents } = plan.metered[meter];
  const used = Math.max(0, quantity);
  const includedQuantity = Math.min(used, included);
  const billableQuantity = perMillionCents === null ? 0 : used - includedQuantity;
  const unitPicocents = BigInt(perMillionCents ?? 0) * (PICOCENTS_PER_CENT / 1_000_000n);
  const amountPicocents = BigInt(billableQuantity) * unitPicocents;
  return { includedQuantity, billableQuantity, amountPicocents, amountCents: roundToCents(amountPicocents) };
}

/** Half a cent and more becomes a whole one. */
function roundToCents(picocents: bigint): number {
  return Number((picocents + PICOCENTS_PER_CENT / 2n) / PICOCENTS_PER_CENT);
}
