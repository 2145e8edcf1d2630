import type { Stripe } from "stripe";
import type { MeterName, PlanName } from "../../db/schema/index.ts";
import { DomainError } from "../errors.ts";
import { meterNames } from "../pricing/index.ts";
import { type PaidPlan, paidPlans } from "./schemas.ts";

/** What a subscription consists of: one price each. */
export const planItems = ["seat", ...meterNames] as const;
export type PlanItem = (typeof planItems)[number];

/** The meter's name in Stripe; the events that the relay pushes bear it. */
export const meterEventName = (meter: MeterName) => `hotspot_${meter}`;
/** The name under which the present price of a plan's item is found in Stripe. */
export const lookupKeyOf = (plan: PaidPlan, item: PlanItem) => `hotspot_${plan}_${item}`;
/** On prices: which plan and item they are. A lookup key moves on to the next price, this stays. */
export const priceMetadata = (plan: PaidPlan, item: PlanItem) => ({ hotspot_plan: plan, hotspot_item: item });

/** Reads what `priceMetadata` wrote; null for prices that are none of ours. */
export function itemOfPrice(
  metadata: Stripe.Metadata | null | undefined,
): { plan: PaidPlan; item: PlanItem } | null {
  const plan = paidPlans.find((name) => name === metadata?.hotspot_plan);
  const item = planItems.find((name) => name === metadata?.hotspot_item);
  return plan && item ? { plan, item } : null;
}

/** The plan of a subscription: that of its seat price. */
export function seatItemOf(subscription: Stripe.Subscription): { plan: PlanName; seats: number } | null {
  for (const { price, quantity } of subscription.items.data) {
    const found = itemOfPrice(price.metadata);
    if (found?.item === "seat") return { plan: found.plan, seats: quantity ?? 1 };
  }
  return null;
}

/** Ids of the present prices of a plan. */
export type PlanPrices = Readonly<Record<PlanItem, string>>;

export type CatalogState = "ready" | "preparing" | "failed";

/** Our products and prices in Stripe. They are made by `provisionCatalog`; this finds them. */
export interface Catalog {
  readonly state: CatalogState;
  /** Tells the account's page how provisioning goes. A change forgets what was found. */
  setState(state: CatalogState): void;
  /** @throws DomainError precondition/catalog_missing: not provisioned */
  pricesOf(plan: PaidPlan): Promise<PlanPrices>;
  /** What a price is, also a former one; null: none of ours. What is written on a price does not change, so it is asked once. */
  itemOf(priceId: string): Promise<{ plan: PaidPlan; item: PlanItem } | null>;
  /** Id of the configuration of Stripe's customer portal. @throws DomainError precondition/catalog_missing */
  portalConfiguration(): Promise<string>;
}

/** Prices change with a deployment, which may be another process's. */
const KEEP_MS = 60_000;

export function createCatalog(stripe: Stripe): Catalog {
  const kept = new Map<string, { until: number; value: unknown }>();
  const items = new Map<string, { plan: PaidPlan; item: PlanItem } | null>();
  let state: CatalogState = "preparing";
  async function keep<T>(name: string, find: () => Promise<T>): Promise<T> {
    const found = kept.get(name);
    if (found && found.until > Date.now()) return found.value as T;
    const value = await find();
    kept.set(name, { until: Date.now() + KEEP_MS, value });
    return value;
  }
  return {
    get state() {
      return state;
    },
    setState(next) {
      state = next;
      kept.clear();
    },
    pricesOf: (plan) => keep(plan, () => findPrices(stripe, plan)),
    async itemOf(priceId) {
      const known = items.get(priceId);
      if (known !== undefined) return known;
      const item = itemOfPrice((await stripe.prices.retrieve(priceId)).metadata);
      items.set(priceId, item);
      return item;
    },
    portalConfiguration: () => keep("portal", () => findPortalConfiguration(stripe)),
  };
}

async function findPrices(stripe: Stripe, plan: PaidPlan): Promise<PlanPrices> {
  const keys = planItems.map((item) => lookupKeyOf(plan, item));
  const { data } = await stripe.prices.list({ lookup_keys: keys, active: true, limit: 100 });
  const ids = new Map(data.map((price) => [price.lookup_key, price.id]));
  return Object.fromEntries(
    planItems.map((item) => {
      const id = ids.get(lookupKeyOf(plan, item));
      if (id === undefined) throw catalogMissing();
      return [item, id];
    }),
  ) as Record<PlanItem, string>;
}

/** On the configuration of the portal that is ours: the account may have others. */
export const portalMetadata = { hotspot: "portal" };

async function findPortalConfiguration(stripe: Stripe): Promise<string> {
  for await (const configuration of stripe.billingPortal.configurations.list({ active: true, limit: 100 })) {
    if (configuration.metadata?.hotspot === portalMetadata.hotspot) return configuration.id;
  }
  throw catalogMissing();
}

function catalogMissing(): DomainError {
  return new DomainError(
    "precondition",
    "catalog_missing",
    "the plans are not set up at Stripe yet: try again in a minute, or run npm run billing:provision",
  );
}
