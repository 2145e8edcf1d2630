import { Stripe } from "stripe";
import { afterAll } from "vitest";
import { type StandInOptions, startStripeStandIn } from "./index.ts";

/** A Stripe that stands still at 2026-11-20 12:00 UTC, and the real SDK pointed at it; gone after the test file. */
export const START = Date.UTC(2026, 10, 20, 12) / 1000;
export const DAY = 86_400;

export async function startForTest(options: StandInOptions = {}) {
  const standIn = await startStripeStandIn({ clock: START, seed: 1, ...options });
  afterAll(() => standIn.stop());
  return { standIn, control: standIn.control, stripe: clientOf(standIn.port) };
}

/** @param maxNetworkRetries 0: an error shows itself at once */
export function clientOf(port: number, maxNetworkRetries = 0): Stripe {
  return new Stripe("sk_test_standin", {
    host: "127.0.0.1",
    port,
    protocol: "http",
    maxNetworkRetries,
    timeout: 2000,
  });
}

/** A plan as ours are: a seat at 19 dollars, and tokens, 1000 included, then 0.002 cents each, as a running total. */
export async function makeCatalog(stripe: Stripe, formula: "last" | "sum" = "last") {
  const product = await stripe.products.create({ name: "Hotspot Pro" });
  const tokens = await stripe.products.create({ name: "Hotspot tokens" });
  const meter = await stripe.billing.meters.create({
    display_name: "Tokens",
    event_name: "tokens",
    default_aggregation: { formula },
  });
  const seatAt = (unit_amount: number) =>
    stripe.prices.create({
      currency: "usd",
      product: product.id,
      unit_amount,
      recurring: { interval: "month" },
    });
  const tokensAt = (cents: string) =>
    stripe.prices.create({
      currency: "usd",
      product: tokens.id,
      billing_scheme: "tiered",
      tiers_mode: "graduated",
      tiers: [
        { up_to: 1000, unit_amount: 0 },
        { up_to: "inf", unit_amount_decimal: Stripe.Decimal.from(cents) },
      ],
      recurring: { interval: "month", usage_type: "metered", meter: meter.id },
    });
  return {
    meter,
    seat: await seatAt(1900),
    bigSeat: await seatAt(2900),
    metered: await tokensAt("0.002"),
    otherMetered: await tokensAt("0.001"),
    send: (customer: string, value: number, timestamp: number) =>
      stripe.billing.meterEvents.create({
        event_name: "tokens",
        timestamp,
        payload: { stripe_customer_id: customer, value: String(value) },
      }),
  };
}

/** A customer whose card is that test card, by its name. */
export async function customerWith(
  stripe: Stripe,
  card = "pm_card_visa",
  extra: Stripe.CustomerCreateParams = {},
) {
  const { id } = await stripe.customers.create(extra);
  const method = await stripe.paymentMethods.attach(card, { customer: id });
  await stripe.customers.update(id, { invoice_settings: { default_payment_method: method.id } });
  return id;
}

/** The types of all events so far, oldest first. */
export async function eventTypes(stripe: Stripe): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of stripe.events.list({ limit: 100 })) types.push(type);
  return types.toReversed();
}
