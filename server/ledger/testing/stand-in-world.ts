import type { Stripe } from "stripe";
import type { Db } from "../../../db/client.ts";
import type { MeterName } from "../../../db/schema/index.ts";
import { startStripeStandIn } from "../../../e2e/standins/stripe/index.ts";
import { provisionMeters } from "../../billing/provision/meters.ts";
import { provisionPrices } from "../../billing/provision/prices.ts";
import { provisionProducts } from "../../billing/provision/products.ts";
import { createStripeClient } from "../../billing/stripe.ts";
import { meterNames } from "../../pricing/index.ts";
import { createLedger, type LedgerLog } from "../deps.ts";
import { createPostgresLedger } from "./postgres-ledger.ts";

const quiet: LedgerLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * A subscription at the stand-in of Stripe, its tenant in Postgres, and the ledger between them, all at the stand-in's time.
 * @param start unix seconds
 * @param meters what the subscription has prices of
 */
export async function startStandInWorld(
  db: Db,
  start: number,
  settings: object = {},
  meters: readonly MeterName[] = meterNames,
) {
  const standIn = await startStripeStandIn({ clock: start, seed: 1, settings });
  const stripe = createStripeClient("sk_test_standin", standIn.url);
  const { control } = standIn;
  const tell = () => undefined;
  const products = await provisionProducts(stripe, tell);
  await provisionPrices(stripe, { products, meters: await provisionMeters(stripe, tell) }, tell);
  const clock = () => new Date(control.now() * 1_000);
  const ledger = createLedger(db, stripe, quiet, { clock });
  // Pauses pass on the stand-in's clock.
  const deps = {
    ...ledger,
    delay: (ms: number) => control.advance(control.now() + Math.ceil(ms / 1_000)),
  };
  const tenant = await createPostgresLedger(db, clock);
  const customer = await stripe.customers.create({ metadata: { tenant_id: tenant.tenantId } });
  const card = await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: card.id } });
  const itemsOf = async (plan: "pro" | "team") => {
    const keys = ["seat", ...meters].map((item) => `hotspot_${plan}_${item}`);
    const { data } = await stripe.prices.list({ lookup_keys: keys });
    return keys.map((key) => data.find((price) => price.lookup_key === key)!.id);
  };
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: (await itemsOf("pro")).map((price) => ({ price })),
  });
  let plan: "pro" | "team" = "pro";

  /** As the portal writes it when it hears of a change. */
  const sync = async () => {
    const view = await ledger.gateway.getSubscription(subscription.id);
    await tenant.putSubscription({ ...view, plan });
  };
  await sync();
  return {
    control,
    stripe,
    deps,
    tenant,
    subscriptionId: subscription.id,
    customerId: customer.id,
    sync,
    async changePlan(to: "pro" | "team", change: Partial<Stripe.SubscriptionUpdateParams> = {}) {
      const { items } = await stripe.subscriptions.retrieve(subscription.id);
      const prices = await itemsOf(to);
      await stripe.subscriptions.update(subscription.id, {
        items: items.data.map(({ id }, i) => ({ id, price: prices[i]! })),
        proration_behavior: "always_invoice",
        ...change,
      });
      plan = to;
      await sync();
    },
    async stop() {
      await tenant.remove();
      await standIn.stop();
    },
  };
}
