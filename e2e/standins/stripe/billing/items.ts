import type { SubscriptionItem } from "../core/billing-objects.ts";
import { badParam, StripeError } from "../core/errors.ts";
import type { Price } from "../core/objects.ts";
import type { World } from "../world.ts";
import { isMetered } from "./lines.ts";
import type { Period } from "./period.ts";

export interface ItemInput {
  readonly price: string;
  readonly quantity?: number | undefined;
  readonly metadata?: Record<string, string>;
}

/** @throws StripeError 400 for a price that is no subscription's, or a quantity where usage decides */
export function checkPrice(world: World, id: string, quantity: number | undefined, param: string): Price {
  const price = world.state.prices.get(id, `${param}[price]`);
  if (!price.active)
    throw badParam(
      `${param}[price]`,
      `The price specified is inactive. This field only accepts active prices.`,
    );
  if (price.recurring === null) {
    const message =
      "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.";
    throw badParam(`${param}[price]`, message);
  }
  if (isMetered({ price }) && quantity !== undefined) {
    const message = `You cannot set the quantity for metered plans. (Price ID: ${price.id})`;
    throw new StripeError(400, message, { param: `${param}[quantity]` });
  }
  if (quantity !== undefined && quantity < 0)
    throw badParam(`${param}[quantity]`, "This value must be greater than or equal to 0.");
  return price;
}

export function makeItem(
  world: World,
  input: ItemInput & { subscription: string },
  period: Period,
  now: number,
  param: string,
): SubscriptionItem {
  const price = checkPrice(world, input.price, input.quantity, param);
  return {
    id: world.id("si", 14),
    object: "subscription_item",
    billing_thresholds: null,
    created: now,
    current_period_end: period.end,
    current_period_start: period.start,
    current_trial: null,
    discounts: [],
    metadata: { ...input.metadata },
    price,
    ...(isMetered({ price }) ? {} : { quantity: input.quantity ?? 1 }),
    subscription: input.subscription,
    tax_rates: [],
    _meteredFrom: period.start,
  };
}

/** All items of a subscription bill in one rhythm here. @throws StripeError 400 for mixed ones, or the same price twice */
export function checkTogether(prices: readonly Price[]): void {
  const rhythm = ({ recurring }: Price) => `${recurring!.interval_count} ${recurring!.interval}`;
  if (prices.some((price) => rhythm(price) !== rhythm(prices[0]!))) {
    throw badParam(
      "items",
      "All prices on a subscription must have the same `recurring.interval` and `recurring.interval_count`.",
    );
  }
  if (new Set(prices.map(({ id }) => id)).size < prices.length) {
    throw badParam("items", "Subscription Items must have different prices.");
  }
  if (new Set(prices.map(({ currency }) => currency)).size > 1) {
    throw badParam("items", "The prices of a subscription must all be in the same currency.");
  }
}
