import type { Stripe } from "stripe";
import { lookupKeyOf, type PlanItem, planItems } from "../catalog.ts";
import { type PaidPlan, paidPlans } from "../schemas.ts";
import { creationKey } from "./idempotency.ts";
import type { MeterIds } from "./meters.ts";
import type { Products } from "./products.ts";
import type { Report } from "./report.ts";
import { termsOf, wantedPrice } from "./terms.ts";

/**
 * Finds our prices by lookup key and makes those that are missing. A price whose terms differ from the table of plans is
 * followed by a new one that takes over the lookup key; subscriptions that have the old one keep it.
 */
export async function provisionPrices(
  stripe: Stripe,
  { products, meters }: { products: Products; meters: MeterIds },
  report: Report,
): Promise<void> {
  for (const plan of paidPlans) {
    const found = await findPrices(stripe, plan);
    for (const item of planItems) {
      const product = products[item === "seat" ? plan : item]!;
      const meterId = item === "seat" ? null : meters[item];
      await provision(stripe, { plan, item, product, meterId }, found.get(lookupKeyOf(plan, item)), report);
    }
  }
}

/** The prices that hold the lookup keys of a plan's items, by key; also archived ones. */
export async function findPrices(stripe: Stripe, plan: PaidPlan): Promise<Map<string | null, Stripe.Price>> {
  const lookup_keys = planItems.map((item) => lookupKeyOf(plan, item));
  const { data } = await stripe.prices.list({ lookup_keys, limit: 100 });
  return new Map(data.map((price) => [price.lookup_key, price]));
}

async function provision(
  stripe: Stripe,
  wanted: { plan: PaidPlan; item: PlanItem; product: string; meterId: string | null },
  found: Stripe.Price | undefined,
  report: Report,
): Promise<void> {
  const { plan, item, product, meterId } = wanted;
  const what = `price ${lookupKeyOf(plan, item)}`;
  if (found?.metadata.hotspot_terms === termsOf(plan, item, meterId)) {
    if (!found.active) await stripe.prices.update(found.id, { active: true });
    return report({ did: found.active ? "kept" : "switched on", what, id: found.id });
  }
  // The price before is part of the key: going back to older terms within a day has to make a new price.
  const parameters = { ...wantedPrice(plan, item, meterId), product, transfer_lookup_key: true };
  const { id } = await stripe.prices.create(parameters, {
    idempotencyKey: creationKey(`price-${plan}-${item}`, [parameters, found?.id ?? null]),
  });
  report({ did: found ? "changed" : "made", what, id });
}
