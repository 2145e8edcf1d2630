// Checkout and portal sessions by API, facts sections 8 and 10. Their pages are clicked through in pages.e2e.ts.
import type { Stripe } from "stripe";
import { describe, expect, test } from "vitest";
import { DAY, eventTypes, makeCatalog, START, startForTest } from "./testing.ts";

const HOUR = 3600;

async function world() {
  const { control, stripe } = await startForTest();
  const catalog = await makeCatalog(stripe);
  const { id: customer } = await stripe.customers.create({ email: "a@example.com" });
  const create = (extra: Partial<Stripe.Checkout.SessionCreateParams> = {}) =>
    stripe.checkout.sessions.create({
      mode: "subscription",
      customer,
      client_reference_id: "ten_1",
      line_items: [{ price: catalog.seat.id, quantity: 1 }, { price: catalog.metered.id }],
      success_url: "http://localhost:3000/done?session={CHECKOUT_SESSION_ID}",
      cancel_url: "http://localhost:3000/billing",
      subscription_data: { metadata: { tenant_id: "ten_1" } },
      metadata: { only: "here" },
      ...extra,
    });
  return { control, stripe, customer, create, ...catalog };
}
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => {
      throw new Error("was not refused");
    },
    (error: Stripe.errors.StripeError) => error,
  );

describe("a checkout", () => {
  test("ends in a subscription with the card on it, and goes back with its own id", async () => {
    const w = await world();
    const session = await w.create();
    expect(session).toMatchObject({
      status: "open",
      payment_status: "unpaid",
      ui_mode: "hosted_page",
      expires_at: START + DAY,
      amount_total: 1900,
    });
    expect(w.control.completeCheckout(session.id)).toBe(`http://localhost:3000/done?session=${session.id}`);
    const done = await w.stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription"] });
    expect(done).toMatchObject({ status: "complete", payment_status: "paid", url: null });
    const subscription = done.subscription as Stripe.Subscription;
    // The session's own metadata is not copied.
    expect(subscription).toMatchObject({ status: "active", metadata: { tenant_id: "ten_1" } });
    expect(subscription.default_payment_method).toMatch(/^pm_/);
    expect(await eventTypes(w.stripe)).toEqual(
      expect.arrayContaining(["checkout.session.completed", "customer.subscription.created", "invoice.paid"]),
    );
  });

  test("two open ones for one customer can both be completed", async () => {
    const w = await world();
    const [one, two] = [await w.create(), await w.create()];
    w.control.completeCheckout(one.id);
    w.control.completeCheckout(two.id);
    expect((await w.stripe.subscriptions.list({ customer: w.customer })).data).toHaveLength(2);
  });

  test("stays open when the card is declined, and leaves no subscription", async () => {
    const w = await world();
    const { id } = await w.create();
    for (const card of ["4000000000000002", "4000000000000341", "4111111111111111"]) {
      expect(() => w.control.completeCheckout(id, { card })).toThrow(/declined/);
    }
    expect((await w.stripe.checkout.sessions.retrieve(id)).status).toBe("open");
    expect((await w.stripe.subscriptions.list({ customer: w.customer, status: "all" })).data).toEqual([]);
    expect((await w.stripe.customers.listPaymentMethods(w.customer)).data).toEqual([]);
  });

  test("with a trial takes a card that will fail later, and charges nothing", async () => {
    const w = await world();
    const { id } = await w.create({ subscription_data: { trial_end: START + 14 * DAY } });
    w.control.completeCheckout(id, { card: "4000000000000341" });
    const { subscription, payment_status } = await w.stripe.checkout.sessions.retrieve(id, {
      expand: ["subscription"],
    });
    expect([(subscription as Stripe.Subscription).status, payment_status]).toEqual([
      "trialing",
      "no_payment_required",
    ]);
    await w.control.advance(START + 14 * DAY + HOUR);
    expect((await w.stripe.subscriptions.retrieve((subscription as Stripe.Subscription).id)).status).toBe(
      "past_due",
    );
  });

  test("takes a promotion code and a tax id", async () => {
    const w = await world();
    const coupon = await w.stripe.coupons.create({ percent_off: 50, duration: "once" });
    await w.stripe.promotionCodes.create({ code: "HALF", promotion: { type: "coupon", coupon: coupon.id } });
    const { id } = await w.create({
      allow_promotion_codes: true,
      tax_id_collection: { enabled: true },
      customer_update: { name: "auto" },
    });
    w.control.completeCheckout(id, {
      promotionCode: "half",
      taxId: { type: "eu_vat", value: "DE123456789" },
    });
    const session = await w.stripe.checkout.sessions.retrieve(id);
    expect(session).toMatchObject({ amount_total: 950, total_details: { amount_discount: 950 } });
    expect((await w.stripe.customers.listTaxIds(w.customer)).data).toHaveLength(1);
  });

  test("expires by itself or by call", async () => {
    const w = await world();
    const [one, two] = [await w.create({ expires_at: START + HOUR }), await w.create()];
    expect((await w.stripe.checkout.sessions.expire(two.id)).status).toBe("expired");
    await w.control.advance(START + HOUR);
    expect(await w.stripe.checkout.sessions.retrieve(one.id)).toMatchObject({ status: "expired", url: null });
    expect((await eventTypes(w.stripe)).filter((type) => type === "checkout.session.expired")).toHaveLength(
      2,
    );
    expect(() => w.control.completeCheckout(one.id)).toThrow(/expired/);
    expect(await refusal(w.stripe.checkout.sessions.expire(one.id))).toMatchObject({ statusCode: 400 });
  });

  test.each<[string, Partial<Stripe.Checkout.SessionCreateParams>, string]>([
    [
      "payment method types, which are gone",
      { payment_method_types: ["card"] } as never,
      "payment_method_types",
    ],
    [
      "a trial end within two days",
      { subscription_data: { trial_end: START + 47 * HOUR } },
      "subscription_data[trial_end]",
    ],
    ["an expiry within half an hour", { expires_at: START + 60 }, "expires_at"],
    [
      "a code box and a discount",
      { allow_promotion_codes: true, discounts: [{ coupon: "any" }] },
      "discounts",
    ],
    [
      "tax ids without leave to change the name",
      { tax_id_collection: { enabled: true } },
      "tax_id_collection[enabled]",
    ],
  ])("refuses %s", async (_what, extra, param) => {
    const w = await world();
    expect(await refusal(w.create(extra))).toMatchObject({ statusCode: 400, param });
  });

  test("refuses a quantity where usage decides", async () => {
    const w = await world();
    const counted = w.create({ line_items: [{ price: w.metered.id, quantity: 1 }] });
    expect(await refusal(counted)).toMatchObject({ param: "line_items[0][quantity]" });
  });
});

test("a portal's address opens once, and only for a short time", async () => {
  const w = await world();
  const open = async (url: string) => (await fetch(url, { redirect: "manual" })).status;
  const { url } = await w.stripe.billingPortal.sessions.create({
    customer: w.customer,
    return_url: "http://localhost:3000/billing",
  });
  expect([await open(url), await open(url)]).toEqual([303, 200]);
  const late = await w.stripe.billingPortal.sessions.create({ customer: w.customer });
  await w.control.advance(START + HOUR);
  expect(await open(late.url)).toBe(200);
  expect(await (await fetch(late.url)).text()).toContain("This link has expired");
});

test("a portal's configuration is found again by its metadata", async () => {
  const w = await world();
  const made = await w.stripe.billingPortal.configurations.create({
    business_profile: { headline: "Billing" },
    features: {
      payment_method_update: { enabled: true },
      subscription_cancel: { enabled: true, mode: "at_period_end" },
    },
    metadata: { hotspot: "portal" },
  });
  const { data } = await w.stripe.billingPortal.configurations.list({ active: true });
  expect(data.map(({ id, metadata }) => [id, metadata?.hotspot])).toEqual([[made.id, "portal"]]);
});
