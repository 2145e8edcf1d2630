import { Stripe } from "stripe";
import { planOf } from "../../plans.ts";
import { lookupKeyOf, type PlanItem, priceMetadata } from "../catalog.ts";
import type { PaidPlan } from "../schemas.ts";

/** Everything is sold in this currency. */
export const CURRENCY = "usd";

/**
 * The price of a plan's item as it should be, without its product.
 * @param meterId of the item's meter; null for seats
 */
export function wantedPrice(plan: PaidPlan, item: PlanItem, meterId: string | null) {
  return {
    currency: CURRENCY,
    nickname: `${planOf(plan).title}: ${item}`,
    lookup_key: lookupKeyOf(plan, item),
    metadata: { ...priceMetadata(plan, item), hotspot_terms: termsOf(plan, item, meterId) },
    ...amountsOf(plan, item, meterId),
  } satisfies Omit<Stripe.PriceCreateParams, "product">;
}

/**
 * What a price says, as text: written on the price and compared with the table of plans, because amounts of a price
 * cannot change.
 */
export function termsOf(plan: PaidPlan, item: PlanItem, meterId: string | null): string {
  const { seatCents, metered } = planOf(plan);
  if (item === "seat") return `${CURRENCY} ${seatCents} a seat and month`;
  const { included, perMillionCents } = metered[item];
  return `${CURRENCY} 0 up to ${included}, ${perMillionCents ?? 0} a million, month, ${meterId}`;
}

function amountsOf(plan: PaidPlan, item: PlanItem, meterId: string | null) {
  const { seatCents, metered } = planOf(plan);
  if (item === "seat") {
    return { unit_amount: seatCents, recurring: { interval: "month", usage_type: "licensed" } as const };
  }
  const { included, perMillionCents } = metered[item];
  const above = {
    up_to: "inf" as const,
    unit_amount_decimal: Stripe.Decimal.from(centsOfOne(perMillionCents ?? 0)),
  };
  return {
    recurring: { interval: "month", usage_type: "metered", meter: meterId! } as const,
    billing_scheme: "tiered" as const,
    tiers_mode: "graduated" as const,
    tiers: included === 0 ? [above] : [{ up_to: included, unit_amount: 0 }, above],
  };
}

/**
 * A millionth as an exact decimal: 40 -> "0.00004".
 * @param perMillionCents integer >= 0
 */
export function centsOfOne(perMillionCents: number): string {
  const digits = String(perMillionCents).padStart(7, "0");
  const fraction = digits.slice(-6).replace(/0+$/, "");
  return fraction === "" ? digits.slice(0, -6) : `${digits.slice(0, -6)}.${fraction}`;
}
