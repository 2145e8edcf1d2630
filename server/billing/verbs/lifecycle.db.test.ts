import { describe, expect, test } from "vitest";
import { createTenant, createTestDb } from "../../../db/testing/index.ts";
import { plans } from "../../plans.ts";
import { ownerContext } from "../../testing/api.ts";
import {
  addTaxId,
  applyCoupon,
  cancelSubscription,
  cancelSubscriptionNow,
  getBilling,
  getInvoice,
  listInvoices,
  openPortal,
  payInvoice,
  removeTaxId,
  resumeSubscription,
} from "../index.ts";
import { cards, DAY, startBillingWorld } from "../testing.ts";

const { db } = await createTestDb({ max: 15 });
const world = await startBillingWorld(db, { settings: { afterRetries: "unpaid" } });
const { stripe, args, deps } = world;
const billingOf = (tenant: { tenantId: string; userId: string }) =>
  getBilling({ ctx: ownerContext(db, tenant), billing: world.billing });

describe("an end with the period", () => {
  test("everything stays until then, and resuming takes it back; both may be repeated", async () => {
    const tenant = await world.payingTenant("pro");
    const { current_period_end } = await world.subscription(tenant);
    for (let times = 0; times < 2; times++) {
      const { subscription } = await cancelSubscription(args(tenant));
      expect(subscription).toMatchObject({ status: "active", cancelAt: current_period_end.toISOString() });
    }
    expect(await world.settings(tenant)).toMatchObject({ plan: "pro" });
    for (let times = 0; times < 2; times++) {
      const { subscription } = await resumeSubscription(args(tenant));
      expect(subscription).toMatchObject({ status: "active", cancelAt: null });
    }
  });

  test("one that was set as a date, as Stripe's own portal may do it, is resumed as well", async () => {
    const tenant = await world.payingTenant("pro");
    const { id, current_period_end } = await world.subscription(tenant);
    await stripe.subscriptions.update(id, { cancel_at: current_period_end.getTime() / 1000 });
    await world.sync(tenant.tenantId);
    expect((await billingOf(tenant)).subscription!.cancelAt).toBe(current_period_end.toISOString());
    expect((await resumeSubscription(args(tenant))).subscription).toMatchObject({ cancelAt: null });
  });

  test("when it has come, the account is free, and what ended cannot be resumed", async () => {
    const tenant = await world.payingTenant("team", 2);
    await world.change(tenant, { seats: 1 });
    await cancelSubscription(args(tenant));
    const { current_period_end, scheduled_seats } = await world.subscription(tenant);
    expect(scheduled_seats).toBeNull();
    await world.control.advance(current_period_end.getTime() / 1000 + 60);
    await world.sync(tenant.tenantId);
    expect(await world.settings(tenant)).toMatchObject({
      plan: "free",
      plan_source: "default",
      billing_state: "ok",
    });
    expect((await billingOf(tenant)).subscription).toBeNull();
    await expect(resumeSubscription(args(tenant))).rejects.toMatchObject({ code: "no_subscription" });
    const license = await db
      .selectFrom("licenses")
      .selectAll()
      .where("tenant_id", "=", tenant.tenantId)
      .executeTakeFirstOrThrow();
    expect(license).toMatchObject({ plan: "free", device_limit: plans.free.devices, status: "active" });
  });
});

describe("an end at once, by an operator", () => {
  const cancelNow = (tenantId: string, billing = world.billing) =>
    cancelSubscriptionNow(
      { db, requestId: "req-op", deps: { ...deps, billing } },
      { tenantId, reason: "asked" },
    );

  test("usage is reported first, the last invoice has it, and the account is free", async () => {
    const tenant = await world.payingTenant("pro");
    const { id, stripe_customer_id } = await world.subscription(tenant);
    await world.pass(3_600_000);
    await stripe.billing.meterEvents.create({
      event_name: "hotspot_requests",
      timestamp: world.control.now() - 60,
      payload: { stripe_customer_id, value: "4000000" },
    });
    await world.pass(600_000);
    expect(await cancelNow(tenant.tenantId)).toEqual({ subscription: null });
    expect(world.pushed).toContain(tenant.tenantId);
    expect((await stripe.subscriptions.retrieve(id)).status).toBe("canceled");
    expect(await world.settings(tenant)).toMatchObject({ plan: "free" });
    const ctx = ownerContext(db, tenant);
    const [last] = (await listInvoices({ ctx, input: {} })).invoices;
    const invoice = await getInvoice({ ctx, deps, input: { id: last!.id } });
    const line = invoice.lines.filter(({ meter }) => meter === "requests");
    // 2,000,000 above what is included, at 40 cents a million.
    expect(line.reduce((sum, { amountCents }) => sum + amountCents, 0)).toBe(80);
    await expect(cancelNow(tenant.tenantId)).rejects.toMatchObject({ code: "no_subscription" });
    await expect(cancelNow("ten_none")).rejects.toMatchObject({ code: "tenant_not_found" });
  });

  test("usage that Stripe may not have stops it: it would never be billed", async () => {
    const tenant = await world.payingTenant("pro");
    const unsettled = { ...world.billing, pushUsage: async () => "unsettled" as const };
    await expect(cancelNow(tenant.tenantId, unsettled)).rejects.toMatchObject({
      kind: "unavailable",
      code: "usage_unreported",
    });
    expect((await world.subscription(tenant)).status).toBe("active");
  });
});

describe("an invoice that is not paid", () => {
  async function owing() {
    const tenant = await world.payingTenant("pro");
    await world.payWith(tenant, "pm_card_chargeCustomerFail");
    const { current_period_end } = await world.subscription(tenant);
    await world.control.advance(current_period_end.getTime() / 1000 + 2 * 3600);
    await world.sync(tenant.tenantId);
    return tenant;
  }

  test("shows, is paid on its page, and then all is well", async () => {
    const tenant = await owing();
    const billing = await billingOf(tenant);
    expect(billing.subscription).toMatchObject({ status: "past_due", pastDueSince: expect.any(String) });
    expect(billing.openInvoice).toMatchObject({ amountDueCents: 1900 });
    expect(billing).toMatchObject({ plan: "pro", billingState: "ok" });
    const since = Date.parse(billing.subscription!.pastDueSince!);
    expect(Date.parse(billing.graceEndsAt!)).toBe(since + 7 * DAY);

    const { url } = await payInvoice({ ...args(tenant), input: { id: billing.openInvoice!.id } });
    await world.fillIn(url, cards.good);
    await world.sync(tenant.tenantId);
    expect(await billingOf(tenant)).toMatchObject({
      billingState: "ok",
      graceEndsAt: null,
      openInvoice: null,
      subscription: { status: "active", pastDueSince: null },
    });
    await expect(
      payInvoice({ ...args(tenant), input: { id: billing.openInvoice!.id } }),
    ).rejects.toMatchObject({ code: "invoice_not_open", details: { status: "paid" } });
  });

  test("an open invoice that was paid a moment ago shows as paid without any notice", async () => {
    const tenant = await owing();
    const { openInvoice } = await billingOf(tenant);
    const ctx = ownerContext(db, tenant);
    const read = () => getInvoice({ ctx, deps, input: { id: openInvoice!.id } });
    expect((await read()).status).toBe("open");
    await world.fillIn(openInvoice!.hostedInvoiceUrl!, cards.good);
    expect((await read()).status).toBe("open");
    await world.pass(31_000);
    expect((await read()).status).toBe("paid");
  });

  test("after the grace service stops; the payment brings it back", async () => {
    const tenant = await owing();
    const { openInvoice, graceEndsAt } = await billingOf(tenant);
    await world.control.advance(Date.parse(graceEndsAt!) / 1000);
    await world.sync(tenant.tenantId);
    expect(await world.settings(tenant)).toMatchObject({ plan: "pro", billing_state: "unpaid" });
    await world.fillIn(openInvoice!.hostedInvoiceUrl!, cards.good);
    await world.sync(tenant.tenantId);
    expect(await world.settings(tenant)).toMatchObject({
      plan: "pro",
      billing_state: "ok",
      grace_ends_at: null,
    });
  });

  test("another account's invoice is not found", async () => {
    const [tenant, other] = [await owing(), await createTenant(db)];
    const { openInvoice } = await billingOf(tenant);
    await expect(payInvoice({ ...args(other), input: { id: openInvoice!.id } })).rejects.toMatchObject({
      kind: "not_found",
      code: "invoice_not_found",
    });
  });
});

describe("tax ids", () => {
  test("are put on, once however they are written, and taken off", async () => {
    const tenant = await createTenant(db);
    const add = (value: string) => addTaxId({ ...args(tenant), input: { type: "eu_vat", value } });
    const { taxIds } = await add("DE123456789");
    expect(taxIds).toMatchObject([{ type: "eu_vat", value: "DE123456789" }]);
    expect((await add("de 123 456 789")).taxIds).toHaveLength(1);
    expect((await billingOf(tenant)).taxIds).toEqual(taxIds);
    const removed = await removeTaxId({ ...args(tenant), input: { id: taxIds[0]!.id } });
    expect(removed.taxIds).toEqual([]);
    // The same again is another order, not a repeat of the first.
    expect((await add("DE123456789")).taxIds).toHaveLength(1);
  });

  test("one that cannot be is refused at its field; another account's is not found", async () => {
    const [tenant, other] = [await createTenant(db), await createTenant(db)];
    await expect(
      addTaxId({ ...args(tenant), input: { type: "eu_vat", value: "nonsense" } }),
    ).rejects.toMatchObject({ kind: "invalid", code: "tax_id_invalid", details: { field: "value" } });
    const { taxIds } = await addTaxId({ ...args(tenant), input: { type: "eu_vat", value: "DE123456789" } });
    await expect(removeTaxId({ ...args(other), input: { id: taxIds[0]!.id } })).rejects.toMatchObject({
      kind: "not_found",
      code: "tax_id_not_found",
    });
  });
});

test("a promotion code is used for the next invoice; a second one has to wait", async () => {
  const coupon = await stripe.coupons.create({
    amount_off: 500,
    currency: "usd",
    duration: "once",
    name: "Five",
  });
  await stripe.promotionCodes.create({ promotion: { type: "coupon", coupon: coupon.id }, code: "FIVE" });
  const tenant = await world.payingTenant("pro");
  const apply = (code: string) => applyCoupon({ ...args(tenant), input: { coupon: code } });
  await expect(apply("NOTHING")).rejects.toMatchObject({
    code: "coupon_invalid",
    details: { field: "coupon" },
  });
  expect((await apply("FIVE")).subscription!.discount).toMatchObject({ name: "Five", amountOffCents: 500 });
  await expect(apply("FIVE")).rejects.toMatchObject({ kind: "conflict", code: "coupon_present" });
  const { current_period_end } = await world.subscription(tenant);
  await world.control.advance(current_period_end.getTime() / 1000 + 2 * 3600);
  await world.sync(tenant.tenantId);
  const [invoice] = (await listInvoices({ ctx: ownerContext(db, tenant), input: {} })).invoices;
  expect(invoice).toMatchObject({ totalCents: 1400, status: "paid" });
});

test("the customer portal opens with our configuration, a new address for each click", async () => {
  const tenant = await createTenant(db);
  const open = (flow?: "payment_method_update" | "customer_update") =>
    openPortal({ ...args(tenant), input: flow ? { flow } : {} });
  const urls = [await open(), await open(), await open("payment_method_update")].map(({ url }) => url);
  expect(new Set(urls).size).toBe(3);
  const page = await fetch(urls[0]!);
  expect(page.ok).toBe(true);
});

test("invoices come in pages, newest first, with a cursor that is checked", async () => {
  const tenant = await world.payingTenant("pro");
  for (let month = 0; month < 3; month++) await world.pass(31 * DAY);
  await world.sync(tenant.tenantId);
  const list = (input: { limit?: number; cursor?: string }) =>
    listInvoices({ ctx: ownerContext(db, tenant), input });
  const all = (await list({})).invoices;
  expect(all.length).toBeGreaterThanOrEqual(5);
  const paged = [];
  let cursor: string | undefined;
  do {
    const page = await list({ limit: 2, ...(cursor ? { cursor } : {}) });
    paged.push(...page.invoices);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  expect(paged).toEqual(all);
  await expect(list({ cursor: "nonsense" })).rejects.toMatchObject({ code: "invalid_cursor" });
});
