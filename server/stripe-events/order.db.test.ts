import fc from "fast-check";
import { expect, test } from "vitest";
import { createTenant, createTestDb } from "../../db/testing/index.ts";
import { ensureCustomer } from "../billing/index.ts";
import { startBillingWorld } from "../billing/testing.ts";
import { SnapshotEvent } from "./schemas.ts";
import { storeSnapshot } from "./store.ts";
import { makeInstruments } from "./testing.ts";
import { workOffEvents } from "./work.ts";

const { db } = await createTestDb({ max: 10 });
const world = await startBillingWorld(db, { settings: { afterRetries: "unpaid", retryAfterDays: [3, 5] } });
const { stripe, billing } = world;
const { tenantId } = await createTenant(db);
const customer = await ensureCustomer({ db, stripe }, tenantId);

async function attach(card: string): Promise<void> {
  const { id } = await stripe.paymentMethods.attach(card, { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
}

/** A year in the life of a subscription: paid, failed, given up, paid, changed, to be cancelled. */
async function live(): Promise<void> {
  await attach("pm_card_visa");
  const prices = await billing.catalog.pricesOf("pro");
  const { id, items } = await stripe.subscriptions.create({
    customer,
    items: [
      { price: prices.seat, quantity: 1 },
      ...[prices.requests, prices.megabytes, prices.tokens].map((price) => ({ price })),
    ],
    metadata: { tenant_id: tenantId, plan: "pro" },
  });
  const advance = (days: number) => world.pass(days * 86_400_000);
  await attach("pm_card_chargeCustomerFail");
  await advance(32);
  await advance(10);
  const { data: open } = await stripe.invoices.list({ customer, status: "open" });
  await attach("pm_card_visa");
  for (const invoice of open) await stripe.invoices.pay(invoice.id!);
  const team = await billing.catalog.pricesOf("team");
  await stripe.subscriptions.update(id, {
    items: [
      { id: items.data.find(({ price }) => price.id === prices.seat)!.id, price: team.seat, quantity: 3 },
    ],
  });
  await advance(30);
  await stripe.subscriptions.update(id, { cancel_at_period_end: true });
}

/** All that events may change, without the times at which it was read. */
async function state() {
  const [settings, subscriptions, invoices, licenses] = await Promise.all([
    db
      .selectFrom("tenant_settings")
      .select(["plan", "plan_source", "billing_state", "grace_ends_at", "stripe_customer_id"])
      .where("tenant_id", "=", tenantId)
      .execute(),
    db.selectFrom("subscriptions").selectAll().orderBy("id").execute(),
    db.selectFrom("invoices").selectAll().orderBy("id").execute(),
    db.selectFrom("licenses").select(["plan", "device_limit", "status"]).execute(),
  ]);
  const unread = <T extends { synced_at: Date }>({ synced_at, ...row }: T) => row;
  return { settings, subscriptions: subscriptions.map(unread), invoices: invoices.map(unread), licenses };
}

async function forget(): Promise<void> {
  await db.deleteFrom("stripe_events").execute();
  await db.deleteFrom("invoices").execute();
  await db.deleteFrom("subscriptions").execute();
  await db
    .updateTable("tenant_settings")
    .set({ plan: "free", plan_source: "default", billing_state: "ok", grace_ends_at: null })
    .execute();
}

test("any permutation of a customer's real history, with repetitions, ends in what Stripe says", async () => {
  await live();
  const history: SnapshotEvent[] = [];
  for await (const event of stripe.events.list({ limit: 100 })) history.push(SnapshotEvent.parse(event));
  expect(new Set(history.map(({ type }) => type)).size).toBeGreaterThan(10);

  const { sync } = world;
  await sync(tenantId);
  const truth = await state();
  expect(truth.settings).toMatchObject([{ plan: "team", billing_state: "ok", plan_source: "subscription" }]);
  expect(truth.subscriptions).toMatchObject([{ status: "active", seats: 3, cancel_at: expect.any(Date) }]);
  expect(truth.invoices.length).toBeGreaterThan(2);

  const { log, metrics } = makeInstruments();
  const mailer = { kind: "mailbox" as const, send: async () => "sent" as const, close: () => undefined };
  const deps = { db, stripe, mailer, portalUrl: "https://hotspot.example", log, metrics, sync };
  const deliveries = fc
    .array(fc.tuple(fc.nat({ max: history.length - 1 }), fc.boolean()), { maxLength: 12 })
    .chain((repeated) =>
      fc
        .shuffledSubarray(
          [...history.keys()].map((at) => [at, false] as [number, boolean]).concat(repeated),
          { minLength: history.length + repeated.length },
        )
        .filter((order) => order.length > 0),
    );
  await fc.assert(
    fc.asyncProperty(deliveries, async (order) => {
      await forget();
      for (const [at, worksNow] of order) {
        await storeSnapshot(db, history[at]!, "webhook");
        if (worksNow) await workOffEvents(deps, customer);
      }
      await workOffEvents(deps, customer);
      await workOffEvents(deps, null);
      expect(await state()).toEqual(truth);
    }),
    { numRuns: 15 },
  );
  const waiting = await db
    .selectFrom("stripe_events")
    .select(["id", "type"])
    .where("customer_id", "=", customer)
    .where("processed_at", "is", null)
    .execute();
  expect(waiting).toEqual([]);
});
