import type { Stripe } from "stripe";
import { itemOfPrice, lookupKeyOf, planItems, seatItemOf } from "../catalog.ts";
import { type PaidPlan, paidPlans } from "../schemas.ts";
import { creationKey } from "./idempotency.ts";
import { findPrices } from "./prices.ts";
import type { Report } from "./report.ts";

/** Those that will be invoiced again. */
const liveStatuses = ["active", "trialing", "past_due", "unpaid", "paused"];

/**
 * Adds to the subscriptions of our plans the metered prices that they lack because the plans got them later: what is used
 * of a meter without a price would never be on an invoice. It costs nobody anything by itself: nothing is prorated, and
 * the meters of backups count only for who has switched them on, after being shown what they cost. Prices that a
 * subscription has stay as they are.
 */
export async function provisionSubscriptions(stripe: Stripe, report: Report): Promise<void> {
  const prices = new Map<PaidPlan, Map<string | null, Stripe.Price>>();
  for (const plan of paidPlans) prices.set(plan, await findPrices(stripe, plan));
  for await (const subscription of stripe.subscriptions.list({ limit: 100 })) {
    const plan = paidPlans.find((name) => name === seatItemOf(subscription)?.plan);
    if (plan === undefined || !liveStatuses.includes(subscription.status)) continue;
    const has = new Set(subscription.items.data.map(({ price }) => itemOfPrice(price.metadata)?.item));
    const missing = planItems.filter((item) => !has.has(item));
    if (missing.length === 0) continue;
    const items = missing.map((item) => ({ price: prices.get(plan)!.get(lookupKeyOf(plan, item))!.id }));
    const parameters = { items, proration_behavior: "none" as const };
    const { id } = await stripe.subscriptions.update(subscription.id, parameters, {
      idempotencyKey: creationKey(`subscription-${subscription.id}`, parameters),
    });
    report({ did: "changed", what: `subscription of ${plan}: now with ${missing.join(", ")}`, id });
  }
}
