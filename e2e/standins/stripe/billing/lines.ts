import type { InvoiceLine, Subscription, SubscriptionItem } from "../core/billing-objects.ts";
import type { Price } from "../core/objects.ts";
import type { World } from "../world.ts";
import { roundCents, shareOf, tierShares, unitCost } from "./money.ts";
import type { Period } from "./period.ts";
import { usageOf } from "./usage.ts";

interface LineFields {
  readonly id?: string;
  readonly amount: number;
  readonly description: string;
  readonly period: Period;
  readonly price: Price;
  readonly quantity: number | null;
  readonly unitAmount: string | null;
  readonly item: SubscriptionItem;
  readonly proration?: boolean;
  readonly usage?: InvoiceLine["_usage"];
}

function lineOf(world: World, subscription: Subscription, fields: LineFields): InvoiceLine {
  const { amount, price, quantity } = fields;
  return {
    id: fields.id ?? world.id("il"),
    object: "line_item",
    amount,
    currency: price.currency,
    description: fields.description,
    discount_amounts: [],
    discountable: true,
    discounts: [],
    invoice: null,
    livemode: false,
    metadata: { ...subscription.metadata },
    parent: {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: null,
        proration: fields.proration ?? false,
        proration_details: null,
        subscription: subscription.id,
        subscription_item: fields.item.id,
      },
      type: "subscription_item_details",
    },
    period: { end: fields.period.end, start: fields.period.start },
    pretax_credit_amounts: [],
    pricing: {
      price_details: { price: price.id, product: price.product },
      type: "price_details",
      unit_amount_decimal: fields.unitAmount,
    },
    quantity,
    quantity_decimal: quantity === null ? null : String(quantity),
    subscription: subscription.id,
    subtotal: amount,
    taxes: [],
    _usage: fields.usage ?? null,
  };
}

export const isMetered = ({ price }: { price: Price }) => price.recurring?.usage_type === "metered";

/** What a licensed item costs for a whole period. */
export function licensedCents(price: Price, quantity: number): number {
  if (price._tiers)
    return roundCents(tierShares(price, BigInt(quantity)).reduce((sum, { exact }) => sum + exact, 0n));
  return roundCents(unitCost(price, BigInt(quantity)));
}

/** A licensed item for a period ahead; for a part of one, its share. Nothing during a trial. */
export function licensedLine(
  world: World,
  subscription: Subscription,
  item: SubscriptionItem,
  period: Period,
  part: { free: boolean; whole?: Period } = { free: false },
): InvoiceLine {
  const quantity = item.quantity ?? 1;
  const name = world.state.products.get(item.price.product).name;
  const full = licensedCents(item.price, quantity);
  const whole = part.whole ?? period;
  const amount = part.free ? 0 : shareOf(full, period.end - period.start, whole.end - whole.start);
  return lineOf(world, subscription, {
    amount,
    description: part.free
      ? `Free trial for ${quantity} × ${name}`
      : `${quantity} × ${name} (at ${money(item.price)})`,
    period,
    price: item.price,
    quantity,
    unitAmount: part.free ? "0" : item.price.unit_amount_decimal,
    item,
    proration: part.whole !== undefined,
  });
}

/** A metered item for a period that is over, or runs yet: one line for each tier that holds some of it. */
export function usageLines(
  world: World,
  subscription: Subscription,
  item: SubscriptionItem,
  price: Price,
  period: Period,
): InvoiceLine[] {
  const quantity = usageOf(world, price.recurring!.meter!, subscription.customer, period.start, period.end);
  const name = world.state.products.get(price.product).name;
  const usage = { price, item: item.id, from: period.start, to: period.end };
  const common = { period, price, item, usage };
  const id = (tier: number) => `il_${item.id.slice(3)}${period.start}${price.id.slice(6, 10)}t${tier}`;
  if (!price._tiers) {
    const amount = roundCents(unitCost(price, quantity));
    const description = `${quantity} × ${name} (at ${money(price)})`;
    const unitAmount = price.unit_amount_decimal;
    return [
      lineOf(world, subscription, {
        ...common,
        id: id(1),
        amount,
        description,
        quantity: Number(quantity),
        unitAmount,
      }),
    ];
  }
  return tierShares(price, quantity).map((share) =>
    lineOf(world, subscription, {
      ...common,
      id: id(share.number),
      amount: roundCents(share.exact),
      description: `${share.quantity} × ${name} (Tier ${share.number} at $${dollars(share.tier.unit_amount_decimal ?? "0")} / ${price.recurring!.interval})`,
      quantity: Number(share.quantity),
      unitAmount: share.tier.unit_amount_decimal,
    }),
  );
}

/** A credit for the rest of a period, or a charge for it: `sign` -1 or 1. */
export function prorationLine(
  world: World,
  subscription: Subscription,
  item: SubscriptionItem,
  given: { price: Price; quantity: number; sign: 1 | -1; at: number },
): InvoiceLine {
  const { price, quantity, sign, at } = given;
  const { current_period_start: start, current_period_end: end } = item;
  const name = world.state.products.get(price.product).name;
  const amount = sign * shareOf(licensedCents(price, quantity), end - at, end - start);
  const words = sign < 0 ? "Unused time on" : "Remaining time on";
  const day = new Date(at * 1000).toLocaleDateString("en-GB", {
    day: "2-digit",
    month: "short",
    year: "numeric",
    timeZone: "UTC",
  });
  return lineOf(world, subscription, {
    amount,
    description: `${words} ${quantity > 1 ? `${quantity} × ` : ""}${name} after ${day}`,
    period: { start: at, end },
    price,
    quantity,
    unitAmount: price.unit_amount_decimal,
    item,
    proration: true,
  });
}

const dollars = (cents: string) => {
  const value = Number(cents) / 100;
  return value === 0 || value >= 0.01 ? value.toFixed(2) : String(value.toFixed(14)).replace(/0+$/, "");
};

const money = (price: Price) =>
  price._tiers
    ? "tiers"
    : `$${dollars(price.unit_amount_decimal ?? "0")} / ${price.recurring?.interval ?? "once"}`;
