import { describe, expect, test } from "vitest";
import { createTenant, createTestDb, type TestTenant } from "../../../db/testing/index.ts";
import { collectChanges } from "../../testing/changes.ts";
import { cards, DAY, startBillingWorld } from "../testing.ts";

const { db, url } = await createTestDb({ max: 15 });
const changes = await collectChanges(url);
const world = await startBillingWorld(db);
const { stripe } = world;

/** Subscribes behind our back, as a second browser or the dashboard does it. */
async function subscribe(tenant: TestTenant, more: { card?: string; trialDays?: number } = {}) {
  const prices = await world.billing.catalog.pricesOf("pro");
  const { stripe_customer_id: customer } = await world.settings(tenant);
  const card = await stripe.paymentMethods.attach(more.card ?? "pm_card_visa", { customer: customer! });
  return stripe.subscriptions.create({
    customer: customer!,
    items: [
      { price: prices.seat, quantity: 1 },
      ...(["requests", "megabytes", "tokens"] as const).map((meter) => ({ price: prices[meter] })),
    ],
    default_payment_method: card.id,
    ...(more.trialDays ? { trial_period_days: more.trialDays } : {}),
  });
}
const incidentsOf = (tenant: TestTenant) =>
  db.selectFrom("billing_incidents").selectAll().where("tenant_id", "=", tenant.tenantId).execute();
const rowsOf = (tenant: TestTenant) =>
  db
    .selectFrom("subscriptions")
    .select(["id", "status"])
    .where("tenant_id", "=", tenant.tenantId)
    .orderBy("created_at")
    .execute();

describe("two live subscriptions", () => {
  test("the newest paid one stays, the other ends with an invoice, and somebody is told", async () => {
    const tenant = await world.payingTenant("pro");
    const older = await world.subscription(tenant);
    await world.pass(DAY);
    const newer = await subscribe(tenant);
    const synced = await world.sync(tenant.tenantId);
    expect(synced).toMatchObject({ plan: "pro", billingState: "ok" });
    expect(await rowsOf(tenant)).toEqual([
      { id: older.id, status: "canceled" },
      { id: newer.id, status: "active" },
    ]);
    expect(await incidentsOf(tenant)).toMatchObject([
      { kind: "subscription_extra", object_id: older.id, detail: { kept: newer.id, status: "active" } },
    ]);
    const invoices = await stripe.invoices.list({ subscription: older.id });
    expect(invoices.data.length).toBeGreaterThan(1);
    await world.sync(tenant.tenantId);
    expect(await incidentsOf(tenant)).toHaveLength(1);
  });

  test("an older one that is paid stays before a newer one that is not", async () => {
    const tenant = await world.payingTenant("pro");
    const paid = await world.subscription(tenant);
    await world.pass(DAY);
    const unpaid = await subscribe(tenant, { card: "pm_card_chargeCustomerFail" });
    expect(unpaid.status).toBe("incomplete");
    await world.sync(tenant.tenantId);
    expect((await stripe.subscriptions.retrieve(paid.id)).status).toBe("active");
    expect((await stripe.subscriptions.retrieve(unpaid.id)).status).toMatch(/canceled|incomplete_expired/);
    expect(await world.settings(tenant)).toMatchObject({ plan: "pro" });
  });

  test("two checkouts that both complete leave one", async () => {
    const tenant = await createTenant(db);
    await world.buy(tenant, { plan: "pro" });
    const first = await world.subscription(tenant);
    // The second page was opened before the first was completed.
    await world.pass(60_000);
    const second = await subscribe(tenant, { trialDays: 14 });
    await Promise.all(Array.from({ length: 5 }, () => world.sync(tenant.tenantId)));
    expect((await stripe.subscriptions.retrieve(first.id)).status).toBe("canceled");
    expect((await stripe.subscriptions.retrieve(second.id)).status).toBe("trialing");
    expect(await incidentsOf(tenant)).toHaveLength(1);
  });
});

test("relays hear of a change within it, and of no change when there is none", async () => {
  const tenant = await createTenant(db);
  await world.buy(tenant, { plan: "pro" });
  await changes.expect({ type: "tenant", tenantId: tenant.tenantId });
  expect(await world.sync(tenant.tenantId)).toMatchObject({ changed: false });
  const { id } = await world.subscription(tenant);
  await stripe.subscriptions.cancel(id);
  expect(await world.sync(tenant.tenantId)).toMatchObject({ changed: true, plan: "free" });
  await changes.expect({ type: "tenant", tenantId: tenant.tenantId });
});

test("it is found by customer too; one that is none of ours is nobody's", async () => {
  const tenant = await world.payingTenant("pro");
  const { stripe_customer_id } = await world.settings(tenant);
  expect(await world.sync(stripe_customer_id!)).toMatchObject({ tenantId: tenant.tenantId, plan: "pro" });
  const stranger = await stripe.customers.create({ name: "Somebody else" });
  expect(await world.sync(stranger.id)).toBeNull();
  expect(await world.sync("ten_none")).toBeNull();
});

test("rows are the same whatever was there before, and however often", async () => {
  const tenant = await world.payingTenant("team", 2);
  const dump = async () =>
    JSON.stringify([
      await db
        .selectFrom("subscriptions")
        .selectAll()
        .where("tenant_id", "=", tenant.tenantId)
        .orderBy("id")
        .execute(),
      await db
        .selectFrom("invoices")
        .selectAll()
        .where("tenant_id", "=", tenant.tenantId)
        .orderBy("id")
        .execute(),
    ]);
  await world.sync(tenant.tenantId);
  const before = await dump();
  await db
    .updateTable("subscriptions")
    .set({ status: "unpaid", plan: "free", seats: 9, cancel_at: new Date() })
    .where("tenant_id", "=", tenant.tenantId)
    .execute();
  await db.deleteFrom("invoices").where("tenant_id", "=", tenant.tenantId).execute();
  await db
    .updateTable("tenant_settings")
    .set({ plan: "free", billing_state: "unpaid", invoices_synced_at: null })
    .where("tenant_id", "=", tenant.tenantId)
    .execute();
  await world.sync(tenant.tenantId);
  expect(await dump()).toBe(before);
  expect(await world.settings(tenant)).toMatchObject({ plan: "team", billing_state: "ok" });
});

test("when Stripe does not answer, nothing is written", async () => {
  const tenant = await world.payingTenant("pro");
  const before = await world.settings(tenant);
  world.control.setFaults({ calls: [{ kind: "error_500", path: "/v1/invoices" }] });
  await stripe.subscriptions.cancel((await world.subscription(tenant)).id);
  await expect(world.sync(tenant.tenantId)).rejects.toThrow();
  expect(await world.settings(tenant)).toEqual(before);
  expect((await world.subscription(tenant)).status).toBe("active");
  world.control.setFaults({});
  expect(await world.sync(tenant.tenantId)).toMatchObject({ plan: "free" });
});

test("a customer that was deleted at Stripe ends what it had; the next order makes another", async () => {
  const tenant = await world.payingTenant("pro");
  const { stripe_customer_id } = await world.settings(tenant);
  await stripe.customers.del(stripe_customer_id!);
  expect(await world.sync(tenant.tenantId)).toMatchObject({ plan: "free" });
  expect(await world.settings(tenant)).toMatchObject({ stripe_customer_id: null, plan_source: "default" });
  const { subscription } = await world.buy(tenant, { plan: "team" }, cards.good);
  expect(subscription).toMatchObject({ plan: "team", status: "active" });
  expect((await world.settings(tenant)).stripe_customer_id).not.toBe(stripe_customer_id);
});

test("a plan that an operator gave stays without a subscription", async () => {
  const tenant = await createTenant(db, { plan: "team" });
  await db
    .updateTable("tenant_settings")
    .set({ plan_source: "operator" })
    .where("tenant_id", "=", tenant.tenantId)
    .execute();
  await world.sync(tenant.tenantId);
  expect(await world.settings(tenant)).toMatchObject({ plan: "team", plan_source: "operator" });
});
