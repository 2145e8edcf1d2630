import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTenant, createTestDb, type TestTenant } from "../../../db/testing/index.ts";
import { plans } from "../../plans.ts";
import { ownerContext } from "../../testing/api.ts";
import { changePlan, getInvoice, listInvoices, previewChange, resumeSubscription } from "../index.ts";
import type { PlanChangeInput } from "../schemas.ts";
import { cards, DAY, startBillingWorld } from "../testing.ts";

const { db } = await createTestDb({ max: 15 });
const world = await startBillingWorld(db);
const { stripe, args } = world;

const newestInvoice = async (tenant: TestTenant) => {
  const ctx = ownerContext(db, tenant);
  const [newest] = (await listInvoices({ ctx, input: { limit: 1 } })).invoices;
  return getInvoice({ ctx, deps: world.deps, input: { id: newest!.id } });
};
const preview = (tenant: TestTenant, input: PlanChangeInput) => previewChange({ ...args(tenant), input });

describe("more: at once", () => {
  test("another plan starts a new period: its price less what is left of the old one, usage reported before", async () => {
    const tenant = await world.payingTenant("pro");
    await world.pass(10 * DAY);
    const shown = await preview(tenant, { plan: "team", seats: 2 });
    expect(shown).toMatchObject({ effect: "now", plan: "team", seats: 2, currency: "usd", creditCents: 0 });
    const fullCents = 2 * plans.team.seatCents;
    expect(shown.dueNowCents).toBeLessThan(fullCents);
    expect(shown.dueNowCents).toBeGreaterThan(fullCents - plans.pro.seatCents);
    expect(shown.nextInvoice!.totalCents).toBe(fullCents);
    expect(shown.lines.filter(({ proration }) => proration).length).toBeGreaterThan(0);
    expect(world.pushed).not.toContain(tenant.tenantId);

    const { changed } = await world.change(tenant, { plan: "team", seats: 2 });
    expect(world.pushed).toContain(tenant.tenantId);
    expect(changed).toMatchObject({
      outcome: "changed",
      hostedInvoiceUrl: null,
      subscription: { plan: "team", seats: 2, status: "active" },
    });
    expect(Date.parse(changed.subscription!.periodStart)).toBe(world.control.now() * 1000);
    expect(changed.subscription!.periodEnd).toBe(shown.nextInvoice!.at);
    expect(await newestInvoice(tenant)).toMatchObject({ totalCents: shown.dueNowCents, status: "paid" });
    expect(await world.settings(tenant)).toMatchObject({ plan: "team" });
    const { metadata } = await stripe.subscriptions.retrieve(changed.subscription!.id);
    expect(metadata).toEqual({ tenant_id: tenant.tenantId, plan: "team" });
  });

  test("more seats keep the period and cost their part of it", async () => {
    const tenant = await world.payingTenant("team", 1);
    const { periodEnd } = (await preview(tenant, {}).then(({ nextInvoice }) => ({
      periodEnd: nextInvoice!.at,
    })))!;
    await world.pass(3 * DAY);
    const { preview: shown, changed } = await world.change(tenant, { seats: 4 });
    expect(shown.nextInvoice).toEqual({ at: periodEnd, totalCents: 4 * plans.team.seatCents });
    expect(changed.subscription).toMatchObject({ seats: 4, periodEnd });
    const invoice = await newestInvoice(tenant);
    expect(invoice.totalCents).toBe(shown.dueNowCents);
    expect(invoice.totalCents).toBeLessThan(3 * plans.team.seatCents);
    expect(world.pushed).not.toContain(tenant.tenantId);
  });

  test("during the trial it costs nothing and the trial goes on", async () => {
    const trying = await createTenant(db);
    await world.buy(trying, { plan: "pro" });
    const { trial_end } = await world.subscription(trying);
    const { preview: shown, changed } = await world.change(trying, { plan: "team" });
    expect(shown).toMatchObject({ effect: "now", dueNowCents: 0 });
    expect(changed.subscription).toMatchObject({
      plan: "team",
      status: "trialing",
      trialEnd: trial_end!.toISOString(),
    });
    const down = await world.change(trying, { plan: "pro" });
    expect(down.changed).toMatchObject({
      outcome: "changed",
      subscription: { plan: "pro", status: "trialing" },
    });
  });
});

describe("less: when what is paid for is used up", () => {
  test("a smaller plan waits for the end of the period, then it is there, and no cent is moved before", async () => {
    const tenant = await world.payingTenant("team", 2);
    const before = await newestInvoice(tenant);
    const { preview: shown, changed } = await world.change(tenant, { plan: "pro", seats: 1 });
    const { periodEnd } = changed.subscription!;
    expect(shown).toMatchObject({
      effect: "period_end",
      effectiveAt: periodEnd,
      dueNowCents: 0,
      prorationDate: null,
      nextInvoice: { at: periodEnd, totalCents: plans.pro.seatCents },
    });
    expect(changed).toMatchObject({
      outcome: "scheduled",
      subscription: { plan: "team", seats: 2, scheduledPlan: "pro", scheduledSeats: 1 },
    });
    expect((await newestInvoice(tenant)).id).toBe(before.id);
    await world.control.advance(Date.parse(periodEnd) / 1000 + 2 * 3600);
    await world.sync(tenant.tenantId);
    expect(await world.subscription(tenant)).toMatchObject({
      plan: "pro",
      seats: 1,
      scheduled_plan: null,
      status: "active",
    });
    expect(await newestInvoice(tenant)).toMatchObject({ totalCents: plans.pro.seatCents, status: "paid" });
    expect(await world.settings(tenant)).toMatchObject({ plan: "pro" });
  });

  test("fewer seats too; choosing the present ones again calls it off; so does resuming", async () => {
    const tenant = await world.payingTenant("team", 3);
    expect((await world.change(tenant, { seats: 2 })).changed.subscription).toMatchObject({
      scheduledSeats: 2,
    });
    const other = await world.change(tenant, { seats: 1 });
    expect(other.changed.subscription).toMatchObject({ seats: 3, scheduledSeats: 1 });
    const kept = await world.change(tenant, { seats: 3 });
    expect(kept.preview.effect).toBe("keep");
    expect(kept.changed).toMatchObject({ outcome: "kept", subscription: { seats: 3, scheduledSeats: null } });
    await world.change(tenant, { seats: 1 });
    expect(await resumeSubscription(args(tenant))).toMatchObject({ subscription: { scheduledSeats: null } });
    expect((await preview(tenant, { seats: 3 })).effect).toBe("none");
  });

  test("an upgrade takes the place of a downgrade that waits", async () => {
    const tenant = await world.payingTenant("team", 2);
    await world.change(tenant, { plan: "pro", seats: 1 });
    const { changed } = await world.change(tenant, { seats: 3 });
    expect(changed).toMatchObject({
      outcome: "changed",
      subscription: { plan: "team", seats: 3, scheduledPlan: null },
    });
  });

  test("a discount that runs goes on through a downgrade", async () => {
    const coupon = await stripe.coupons.create({ percent_off: 20, duration: "forever" });
    const tenant = await world.payingTenant("team", 2);
    const { id } = await world.subscription(tenant);
    await stripe.subscriptions.update(id, { discounts: [{ coupon: coupon.id }] });
    const { changed } = await world.change(tenant, { seats: 1 });
    await world.control.advance(Date.parse(changed.subscription!.periodEnd) / 1000 + 2 * 3600);
    await world.sync(tenant.tenantId);
    expect(await newestInvoice(tenant)).toMatchObject({ totalCents: plans.team.seatCents * 0.8 });
    expect((await world.subscription(tenant)).discount).toMatchObject({ coupon: coupon.id });
  });
});

describe("the payment needs its owner", () => {
  test.each([
    ["a bank that wants to be asked", "pm_card_authenticationRequired"],
    ["a declined card", "pm_card_chargeCustomerFail"],
  ])("%s: nothing changes until the invoice is paid on its page", async (_title, card) => {
    const tenant = await world.payingTenant("team", 1);
    await world.payWith(tenant, card);
    await world.pass(DAY);
    const { preview: shown, changed } = await world.change(tenant, { seats: 5 });
    expect(changed).toMatchObject({
      outcome: "payment_needed",
      subscription: { seats: 1, status: "active" },
    });
    await world.fillIn(changed.hostedInvoiceUrl!, cards.good);
    await world.sync(tenant.tenantId);
    expect(await world.subscription(tenant)).toMatchObject({ seats: 5, status: "active" });
    expect(await newestInvoice(tenant)).toMatchObject({ totalCents: shown.dueNowCents, status: "paid" });
  });

  test("one that is never paid is dropped, and the old plan stays", async () => {
    const tenant = await world.payingTenant("team", 1);
    await world.payWith(tenant, "pm_card_chargeCustomerFail");
    await world.change(tenant, { seats: 5 });
    await world.pass(DAY);
    await world.sync(tenant.tenantId);
    expect(await world.subscription(tenant)).toMatchObject({ seats: 1, status: "active" });
    expect(await newestInvoice(tenant)).toMatchObject({ status: "void" });
    expect(await world.settings(tenant)).toMatchObject({ plan: "team", billing_state: "ok" });
  });
});

test("the answer to a change is lost: asking again changes nothing twice and charges once", async () => {
  const tenant = await world.payingTenant("team", 1);
  await world.pass(DAY);
  const { prorationDate, dueNowCents } = await preview(tenant, { seats: 3 });
  const change = () => changePlan({ ...args(tenant), input: { seats: 3, prorationDate: prorationDate! } });
  world.control.setFaults({
    calls: [{ kind: "reset_after", method: "POST", path: "/v1/subscriptions/", times: 3 }],
  });
  await expect(change()).rejects.toMatchObject({ code: "stripe_unavailable" });
  world.control.setFaults({});
  expect(await change()).toMatchObject({ subscription: { seats: 3 } });
  const { invoices } = await listInvoices({ ctx: ownerContext(db, tenant), input: {} });
  expect(invoices.filter(({ totalCents }) => totalCents === dueNowCents)).toHaveLength(1);
  expect(invoices).toHaveLength(3);
});

describe("refused", () => {
  test("a change that nobody saw the cost of, and one that was shown too long ago", async () => {
    const tenant = await world.payingTenant("pro");
    const change = (prorationDate?: number) =>
      changePlan({ ...args(tenant), input: { plan: "team", prorationDate } });
    const { prorationDate } = await preview(tenant, { plan: "team" });
    await expect(change()).rejects.toMatchObject({ code: "preview_outdated" });
    await expect(change(prorationDate! + 10)).rejects.toMatchObject({ code: "preview_outdated" });
    await expect(change(prorationDate! - 3601)).rejects.toMatchObject({ code: "preview_outdated" });
    expect((await world.subscription(tenant)).plan).toBe("pro");
    await world.pass(3_599_000);
    await world.sync(tenant.tenantId);
    expect(await change(prorationDate!)).toMatchObject({ outcome: "changed" });
  });

  test("without a subscription, one made by hand, one that ends, one that is not paid", async () => {
    const tenant = await world.payingTenant("pro");
    const { id, stripe_customer_id: customer } = await world.subscription(tenant);
    await stripe.subscriptions.update(id, { cancel_at_period_end: true });
    await expect(preview(tenant, { plan: "team" })).rejects.toMatchObject({ code: "subscription_ending" });
    await stripe.subscriptions.cancel(id);
    await expect(preview(tenant, { plan: "team" })).rejects.toMatchObject({ code: "no_subscription" });
    const product = await stripe.products.create({ name: "By hand" });
    const price = await stripe.prices.create({
      product: product.id,
      currency: "usd",
      unit_amount: 5,
      recurring: { interval: "month" },
    });
    await stripe.subscriptions.create({ customer, items: [{ price: price.id }] });
    await expect(preview(tenant, { plan: "team" })).rejects.toMatchObject({ code: "subscription_foreign" });
    expect(await world.settings(tenant)).toMatchObject({ plan: "free" });
  });
});

test("at any time of any period, for any change to more, the invoice is what was shown to the cent", async () => {
  const tenant = await world.payingTenant("team", 1);
  let seats = 1;
  const step = fc.record({
    // Over the end of a period now and then.
    pauseSeconds: fc.integer({ min: 1, max: 40 * 86_400 }),
    more: fc.integer({ min: 1, max: 9 }),
    lookSeconds: fc.integer({ min: 0, max: 3_000 }),
  });
  await fc.assert(
    fc.asyncProperty(step, async ({ pauseSeconds, more, lookSeconds }) => {
      await world.pass(pauseSeconds * 1000);
      await world.sync(tenant.tenantId);
      if (seats + more > plans.team.maxSeats) {
        const { id } = await world.subscription(tenant);
        const item = (await stripe.subscriptions.retrieve(id)).items.data.find(({ quantity }) => quantity)!;
        await stripe.subscriptions.update(id, {
          items: [{ id: item.id, quantity: 1 }],
          proration_behavior: "none",
        });
        await world.sync(tenant.tenantId);
        seats = 1;
      }
      const input = { seats: seats + more };
      const shown = await preview(tenant, input);
      // The customer looks at it for a while; a period that ends meanwhile needs another look.
      await world.pass(lookSeconds * 1000);
      const changed = await changePlan({
        ...args(tenant),
        input: { ...input, prorationDate: shown.prorationDate! },
      }).catch((error: { code: string }) => error.code);
      if (changed === "preview_outdated") return;
      expect(changed).toMatchObject({ outcome: "changed", subscription: { seats: input.seats } });
      seats = input.seats;
      const invoice = await newestInvoice(tenant);
      expect(invoice.totalCents).toBe(shown.dueNowCents);
      expect(invoice.lines.reduce((sum, line) => sum + line.amountCents, 0)).toBe(invoice.totalCents);
      expect(invoice.status).toMatch(/^paid$/);
    }),
    { numRuns: 40, seed: 4 },
  );
});
