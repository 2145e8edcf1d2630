import { describe, expect, test } from "vitest";
import { createTenant, createTestDb } from "../../../db/testing/index.ts";
import { ownerContext } from "../../testing/api.ts";
import { collectChanges } from "../../testing/changes.ts";
import { billingOff, completeCheckout, getBilling, listInvoices, startCheckout } from "../index.ts";
import { cards, DAY, START, startBillingWorld } from "../testing.ts";

const { db, url } = await createTestDb({ max: 15 });
const changes = await collectChanges(url);
const world = await startBillingWorld(db);
const { stripe, args } = world;

const licenseOf = (tenantId: string) =>
  db.selectFrom("licenses").selectAll().where("tenant_id", "=", tenantId).executeTakeFirstOrThrow();

test("a plan is bought on a page of Stripe; who comes back has it, before any notice of Stripe", async () => {
  const tenant = await createTenant(db);
  const {
    sessionId,
    url: page,
    expiresAt,
  } = await startCheckout({ ...args(tenant), input: { plan: "pro" } });
  expect(Date.parse(expiresAt)).toBe(START + DAY);
  const back = await world.fillIn(page, cards.good);
  expect(back).toBe(`http://localhost:3000/billing/done?session=${sessionId}`);
  expect((await world.settings(tenant)).plan).toBe("free");

  const done = await completeCheckout({ ...args(tenant), input: { sessionId } });
  expect(done).toMatchObject({
    status: "complete",
    paid: true,
    subscription: {
      status: "trialing",
      plan: "pro",
      seats: 1,
      paymentMethod: { brand: "visa", last4: "4242" },
    },
  });
  await changes.expect({ type: "tenant", tenantId: tenant.tenantId });
  expect(await world.settings(tenant)).toMatchObject({
    plan: "pro",
    plan_source: "subscription",
    billing_state: "ok",
  });
  expect(await licenseOf(tenant.tenantId)).toMatchObject({
    id: tenant.licenseId,
    plan: "pro",
    device_limit: 10,
  });

  const billing = await getBilling({ ctx: ownerContext(db, tenant), billing: world.billing });
  expect(billing).toMatchObject({ mode: "stand_in", plan: "pro", trialAvailable: false, openInvoice: null });
  const subscription = await stripe.subscriptions.retrieve(billing.subscription!.id);
  expect(subscription.metadata).toEqual({ tenant_id: tenant.tenantId, plan: "pro" });
  expect(subscription.items.data).toHaveLength(7);
  const again = await completeCheckout({ ...args(tenant), input: { sessionId } });
  expect(again).toEqual(done);
});

test("a trial ends on a full hour, is given once per account, and the first invoice comes after it", async () => {
  const tenant = await createTenant(db);
  await world.pass(17 * 60_000);
  const { subscription } = await world.buy(tenant, { plan: "pro" });
  const trialEnd = Date.parse(subscription!.trialEnd!);
  expect(trialEnd % 3_600_000).toBe(0);
  expect(trialEnd - world.control.now() * 1000).toBeGreaterThanOrEqual(14 * DAY);
  expect(trialEnd - world.control.now() * 1000).toBeLessThan(14 * DAY + 3_600_000);
  const { invoices } = await listInvoices({ ctx: ownerContext(db, tenant), input: {} });
  expect(invoices.map(({ totalCents, status }) => ({ totalCents, status }))).toEqual([
    { totalCents: 0, status: "paid" },
  ]);

  await stripe.subscriptions.cancel(subscription!.id);
  await world.sync(tenant.tenantId);
  expect(await world.settings(tenant)).toMatchObject({ plan: "free", plan_source: "default" });
  const second = await world.buy(tenant, { plan: "pro" });
  expect(second.subscription).toMatchObject({ status: "active", trialEnd: null });
  const [invoice] = (await listInvoices({ ctx: ownerContext(db, tenant), input: {} })).invoices;
  expect(invoice).toMatchObject({ totalCents: 1900, amountPaidCents: 1900, currency: "usd", status: "paid" });
});

test("the same order gives the page that is open; another order closes it", async () => {
  const tenant = await createTenant(db);
  const start = (input: Parameters<typeof startCheckout>[0]["input"]) =>
    startCheckout({ ...args(tenant), input });
  const first = await start({ plan: "team", seats: 2 });
  expect(await start({ plan: "team", seats: 2 })).toEqual(first);
  const other = await start({ plan: "team", seats: 3 });
  expect(other.sessionId).not.toBe(first.sessionId);
  expect((await stripe.checkout.sessions.retrieve(first.sessionId)).status).toBe("expired");
  await expect(world.fillIn(first.url, cards.good)).rejects.toThrow("expired");
  const expired = await completeCheckout({ ...args(tenant), input: { sessionId: first.sessionId } });
  expect(expired).toEqual({ status: "expired", paid: false, subscription: null });
});

test("ten clicks at once make one page and one customer", async () => {
  const tenant = await createTenant(db);
  const started = await Promise.all(
    Array.from({ length: 10 }, () => startCheckout({ ...args(tenant), input: { plan: "pro" } })),
  );
  expect(new Set(started.map(({ sessionId }) => sessionId)).size).toBe(1);
  const { data } = await stripe.customers.search({ query: `metadata["tenant_id"]:"${tenant.tenantId}"` });
  expect(data).toHaveLength(1);
});

test.each(["reset_after", "error_500_after"] as const)(
  "Stripe makes the page and the answer is lost (%s): the next click finds it",
  async (kind) => {
    const tenant = await createTenant(db);
    const start = () => startCheckout({ ...args(tenant), input: { plan: "pro" } });
    // As often as the client tries by itself.
    world.control.setFaults({ calls: [{ kind, method: "POST", path: "/v1/checkout/sessions", times: 3 }] });
    await expect(start()).rejects.toMatchObject({ kind: "unavailable", code: "stripe_unavailable" });
    world.control.setFaults({});
    const { sessionId } = await start();
    const { stripe_customer_id: customer } = await world.settings(tenant);
    const { data } = await stripe.checkout.sessions.list({ customer: customer!, limit: 10 });
    expect(data.map(({ id }) => id)).toEqual([sessionId]);
  },
);

test("a page of another account, and a made up one, are not found; nothing changes hands", async () => {
  const [buyer, thief] = [await createTenant(db), await createTenant(db)];
  const { sessionId, url: page } = await startCheckout({ ...args(buyer), input: { plan: "team" } });
  await world.fillIn(page, cards.good);
  // The thief is a customer too.
  await startCheckout({ ...args(thief), input: { plan: "pro" } });
  for (const forged of [sessionId, "cs_test_made_up", "../subscriptions"]) {
    await expect(
      completeCheckout({ ...args(thief), input: { sessionId: forged } }),
      forged,
    ).rejects.toMatchObject({ kind: "not_found", code: "checkout_not_found" });
  }
  expect((await world.settings(thief)).plan).toBe("free");
  // Made by hand for the thief's account, with the buyer's customer.
  const { stripe_customer_id: customer } = await world.settings(buyer);
  const foreign = await stripe.checkout.sessions.create({
    mode: "setup",
    customer: customer!,
    client_reference_id: thief.tenantId,
    success_url: "https://example.test",
  });
  await expect(completeCheckout({ ...args(thief), input: { sessionId: foreign.id } })).rejects.toMatchObject({
    code: "checkout_not_found",
  });
});

test("who has a subscription is told to change it; who owes, to pay", async () => {
  const tenant = await world.payingTenant();
  const again = () => startCheckout({ ...args(tenant), input: { plan: "team" } });
  await expect(again()).rejects.toMatchObject({
    kind: "conflict",
    code: "subscription_exists",
    details: { status: "active", next: "changePlan" },
  });
});

describe("seats", () => {
  async function withMembers(count: number) {
    const tenant = await createTenant(db);
    for (let index = 1; index < count; index++) {
      const other = await createTenant(db);
      await db
        .insertInto("member")
        .values({
          id: `mem_${other.userId}`,
          organizationId: tenant.tenantId,
          userId: other.userId,
          role: "member",
          createdAt: new Date(),
        })
        .execute();
    }
    return tenant;
  }

  test("as many as there are members, when nobody says how many", async () => {
    const tenant = await withMembers(3);
    const { subscription } = await world.buy(tenant, { plan: "team" });
    expect(subscription!.seats).toBe(3);
  });

  test("never fewer than members, nor more than the plan has", async () => {
    const tenant = await withMembers(3);
    const start = (input: Parameters<typeof startCheckout>[0]["input"]) =>
      startCheckout({ ...args(tenant), input });
    await expect(start({ plan: "team", seats: 2 })).rejects.toMatchObject({
      code: "seats_in_use",
      details: { field: "seats", limit: 2, used: 3 },
    });
    await expect(start({ plan: "team", seats: 51 })).rejects.toMatchObject({
      kind: "limit",
      code: "seat_limit",
      details: { limit: 50 },
    });
    await expect(start({ plan: "pro" })).rejects.toMatchObject({ code: "seat_limit", details: { limit: 1 } });
  });
});

test("a promotion code takes its part of the price; an unknown one is refused at its field", async () => {
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: "forever", name: "Half" });
  await stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: coupon.id }, code: "HALF" });
  const tenant = await createTenant(db);
  await expect(
    startCheckout({ ...args(tenant), input: { plan: "pro", coupon: "NOTHING" } }),
  ).rejects.toMatchObject({ kind: "invalid", code: "coupon_invalid", details: { field: "coupon" } });
  const { subscription } = await world.buy(tenant, { plan: "pro", coupon: "HALF" });
  expect(subscription!.discount).toMatchObject({ coupon: coupon.id, name: "Half", percentOff: 50 });
  await world.endTrial(tenant);
  const [invoice] = (await listInvoices({ ctx: ownerContext(db, tenant), input: {} })).invoices;
  expect(invoice).toMatchObject({ totalCents: 950, amountPaidCents: 950 });
});

test("a declined card leaves the page open and the account on its plan", async () => {
  const tenant = await createTenant(db);
  const { sessionId, url: page } = await startCheckout({ ...args(tenant), input: { plan: "pro" } });
  await expect(world.fillIn(page, cards.declined)).rejects.toThrow("declined");
  expect(await completeCheckout({ ...args(tenant), input: { sessionId } })).toEqual({
    status: "open",
    paid: false,
    subscription: null,
  });
  expect((await world.settings(tenant)).plan).toBe("free");
});

test("with billing off it says so, and without the permission that comes first", async () => {
  const tenant = await createTenant(db);
  const off = { ...world.deps, billing: billingOff };
  const ctx = ownerContext(db, tenant);
  await expect(startCheckout({ ctx, deps: off, input: { plan: "pro" } })).rejects.toMatchObject({
    kind: "precondition",
    code: "billing_off",
  });
  expect(await getBilling({ ctx, billing: billingOff })).toMatchObject({ mode: "off", plan: "free" });
  const reader = { ...ctx, permissions: ["billing:read" as const] };
  expect(await getBilling({ ctx: reader, billing: world.billing })).toMatchObject({ canManage: false });
  await expect(
    startCheckout({ ctx: reader, deps: world.deps, input: { plan: "pro" } }),
  ).rejects.toMatchObject({ kind: "forbidden", code: "permission_missing" });
});

test("what was done stands in the audit log", async () => {
  const tenant = await createTenant(db);
  await world.buy(tenant, { plan: "pro" });
  const rows = await db
    .selectFrom("audit_log")
    .select("action")
    .where("tenant_id", "=", tenant.tenantId)
    .orderBy("created_at")
    .orderBy("id")
    .execute();
  expect(rows.map(({ action }) => action)).toEqual([
    "billing.start_checkout",
    "billing.standing",
    "billing.complete_checkout",
  ]);
});
