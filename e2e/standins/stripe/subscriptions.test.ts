// The life of a subscription and its invoices, as facts sections 8 and 9 have it.
import type { Stripe } from "stripe";
import { describe, expect, test } from "vitest";
import { customerWith, DAY, eventTypes, makeCatalog, START, startForTest } from "./testing.ts";

const HOUR = 3600;
const MONTH_END = Date.UTC(2026, 11, 20, 12) / 1000;

async function world(settings: object = {}) {
  const { control, stripe } = await startForTest({ settings });
  return { control, stripe, ...(await makeCatalog(stripe)) };
}
type World = Awaited<ReturnType<typeof world>>;

const subscribe = (w: World, customer: string, extra: Partial<Stripe.SubscriptionCreateParams> = {}) =>
  w.stripe.subscriptions.create({
    customer,
    items: [{ price: w.seat.id, quantity: 2 }, { price: w.metered.id }],
    ...extra,
  });
const latest = async (w: World, subscription: string) => {
  const { latest_invoice } = await w.stripe.subscriptions.retrieve(subscription, {
    expand: ["latest_invoice"],
  });
  return latest_invoice as Stripe.Invoice;
};
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => {
      throw new Error("was not refused");
    },
    (error: Stripe.errors.StripeError) => error,
  );

describe("a new subscription", () => {
  test("is paid at once for its first period, which stands on its items", async () => {
    const w = await world();
    const customer = await customerWith(w.stripe);
    const subscription = await subscribe(w, customer, { metadata: { tenant_id: "ten_1" } });
    expect(subscription).toMatchObject({
      status: "active",
      billing_mode: { type: "flexible" },
      billing_cycle_anchor: START,
    });
    expect(subscription).not.toHaveProperty("current_period_end");
    for (const item of subscription.items.data) {
      expect([item.current_period_start, item.current_period_end]).toEqual([START, MONTH_END]);
    }
    const invoice = await latest(w, subscription.id);
    expect(invoice).toMatchObject({
      status: "paid",
      billing_reason: "subscription_create",
      total: 3800,
      amount_paid: 3800,
    });
    expect(invoice.parent?.subscription_details).toMatchObject({
      subscription: subscription.id,
      metadata: { tenant_id: "ten_1" },
    });
    expect(invoice).not.toHaveProperty("payments");
    const { payments } = await w.stripe.invoices.retrieve(invoice.id!, {
      expand: ["payments.data.payment.payment_intent"],
    });
    expect(payments?.data[0]?.payment.payment_intent).toMatchObject({ status: "succeeded", amount: 3800 });
    expect(await eventTypes(w.stripe)).toEqual(
      expect.arrayContaining([
        "invoice.created",
        "invoice.finalized",
        "invoice.paid",
        "customer.subscription.created",
        "charge.succeeded",
      ]),
    );
  });

  test("takes no quantity on a metered price, and no prices of two rhythms", async () => {
    const w = await world();
    const customer = await customerWith(w.stripe);
    const counted = subscribe(w, customer, { items: [{ price: w.metered.id, quantity: 1 }] });
    expect(await refusal(counted)).toMatchObject({ statusCode: 400, param: "items[0][quantity]" });
    const yearly = await w.stripe.prices.create({
      currency: "usd",
      product: w.seat.product as string,
      unit_amount: 1,
      recurring: { interval: "year" },
    });
    const mixed = subscribe(w, customer, { items: [{ price: w.seat.id }, { price: yearly.id }] });
    expect(await refusal(mixed)).toMatchObject({ statusCode: 400, param: "items" });
  });

  test("is incomplete when the card fails, and expires after 23 h", async () => {
    const w = await world();
    const customer = await customerWith(w.stripe, "pm_card_chargeCustomerFail");
    const subscription = await subscribe(w, customer);
    expect(subscription.status).toBe("incomplete");
    const invoice = await latest(w, subscription.id);
    expect(invoice).toMatchObject({
      status: "open",
      next_payment_attempt: null,
      hosted_invoice_url: expect.any(String),
    });
    await w.control.advance(START + 23 * HOUR - 1);
    expect((await w.stripe.subscriptions.retrieve(subscription.id)).status).toBe("incomplete");
    await w.control.advance(START + 23 * HOUR);
    expect((await w.stripe.subscriptions.retrieve(subscription.id)).status).toBe("incomplete_expired");
    expect((await w.stripe.invoices.retrieve(invoice.id!)).status).toBe("void");
    expect((await w.stripe.subscriptions.list({ customer })).data).toEqual([]);
    expect((await w.stripe.subscriptions.list({ customer, status: "all" })).data).toHaveLength(1);
  });

  test("becomes active when the first invoice is paid with another card", async () => {
    const w = await world();
    const customer = await customerWith(w.stripe, "pm_card_chargeCustomerFail");
    const subscription = await subscribe(w, customer);
    const good = await w.stripe.paymentMethods.attach("pm_card_visa", { customer });
    await w.stripe.invoices.pay((await latest(w, subscription.id)).id!, { payment_method: good.id });
    expect((await w.stripe.subscriptions.retrieve(subscription.id)).status).toBe("active");
  });

  test("waits for the customer when the card wants authentication", async () => {
    const w = await world();
    const customer = await customerWith(w.stripe, "pm_card_authenticationRequiredOnSetup");
    const subscription = await subscribe(w, customer, { expand: ["latest_invoice.confirmation_secret"] });
    expect(subscription.status).toBe("incomplete");
    const invoice = subscription.latest_invoice as Stripe.Invoice;
    expect(invoice.confirmation_secret?.client_secret).toMatch(/^pi_\w+_secret_\w+$/);
    expect(await eventTypes(w.stripe)).toContain("invoice.payment_action_required");
  });

  test("with error_if_incomplete a refused card is 402 and leaves nothing behind", async () => {
    const w = await world();
    const customer = await customerWith(w.stripe, "pm_card_chargeCustomerFail");
    const error = await refusal(subscribe(w, customer, { payment_behavior: "error_if_incomplete" }));
    expect(error).toMatchObject({ statusCode: 402, code: "card_declined", decline_code: "generic_decline" });
    expect((await w.stripe.subscriptions.list({ customer, status: "all" })).data).toEqual([]);
  });
});

describe("renewal", () => {
  test("a draft for an hour with usage of the closed period and seats of the next, then final and paid", async () => {
    const w = await world();
    const customer = await customerWith(w.stripe);
    const { id } = await subscribe(w, customer);
    await w.control.advance(MONTH_END - HOUR);
    await w.send(customer, 500_000, MONTH_END - HOUR);
    await w.control.advance(MONTH_END + 10);
    const draft = await latest(w, id);
    expect(draft).toMatchObject({
      status: "draft",
      billing_reason: "subscription_cycle",
      automatically_finalizes_at: MONTH_END + HOUR,
    });
    expect(draft).toMatchObject({ period_start: START, period_end: MONTH_END });
    // Stamped in the closed period, it counts until the invoice is final; stamped after it, never on this one.
    await w.send(customer, 1_001_000, MONTH_END - 1);
    await w.send(customer, 77, MONTH_END);
    await w.control.advance(MONTH_END + HOUR);
    const final = await latest(w, id);
    expect(final).toMatchObject({ status: "paid", total: 3800 + 2000 });
    expect(final.lines.data.map(({ quantity, amount, period }) => [quantity, amount, period.start])).toEqual([
      [2, 3800, MONTH_END],
      [1000, 0, START],
      [1_000_000, 2000, START],
    ]);
    const { items } = await w.stripe.subscriptions.retrieve(id);
    expect(items.data[0]!.current_period_start).toBe(MONTH_END);
  });

  test("a draft waits up to 72 h for invoice.created to be taken, where the account is like that", async () => {
    const { control, stripe } = await startForTest({
      settings: { finalizationWaitsForWebhook: true, webhookRetryMs: [] },
      webhooks: [{ url: "http://127.0.0.1:9/nobody", secret: "whsec_x" }],
    });
    const { seat } = await makeCatalog(stripe);
    const customer = await customerWith(stripe);
    await stripe.subscriptions.create({ customer, items: [{ price: seat.id }] });
    await control.settled();
    const newest = async () => (await stripe.invoices.list({ customer, limit: 1 })).data[0]!;
    await control.advance(MONTH_END);
    await control.settled();
    await control.advance(MONTH_END + 71 * HOUR);
    expect((await newest()).status).toBe("draft");
    await control.advance(MONTH_END + 72 * HOUR);
    expect((await newest()).status).toBe("paid");
  });

  test("the anchor's day is kept through shorter months and the leap day", async () => {
    const anchored = Date.UTC(2028, 0, 31) / 1000;
    const { control, stripe } = await startForTest({ clock: anchored });
    const { seat } = await makeCatalog(stripe);
    const { id } = await stripe.subscriptions.create({
      customer: await customerWith(stripe),
      items: [{ price: seat.id }],
    });
    const starts: string[] = [];
    for (let month = 0; month < 4; month++) {
      const { items } = await stripe.subscriptions.retrieve(id);
      const end = items.data[0]!.current_period_end;
      starts.push(new Date(end * 1000).toISOString().slice(0, 10));
      await control.advance(end + 2 * HOUR);
    }
    expect(starts).toEqual(["2028-02-29", "2028-03-31", "2028-04-30", "2028-05-31"]);
  });
});

describe("a failed renewal", () => {
  const failing = async (afterRetries: string) => {
    const w = await world({ afterRetries, retryAfterDays: [3, 5] });
    const customer = await customerWith(w.stripe);
    const { id } = await subscribe(w, customer);
    const bad = await w.stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer });
    await w.stripe.customers.update(customer, { invoice_settings: { default_payment_method: bad.id } });
    await w.control.advance(MONTH_END + HOUR);
    return { w, customer, id };
  };

  test("is past_due, tried again by the schedule, and active when it is paid", async () => {
    const { w, customer, id } = await failing("unpaid");
    expect((await w.stripe.subscriptions.retrieve(id)).status).toBe("past_due");
    const open = await latest(w, id);
    expect(open).toMatchObject({
      status: "open",
      attempt_count: 1,
      next_payment_attempt: MONTH_END + HOUR + 3 * DAY,
    });
    const good = await w.stripe.paymentMethods.attach("pm_card_visa", { customer });
    await w.stripe.customers.update(customer, { invoice_settings: { default_payment_method: good.id } });
    await w.control.advance(MONTH_END + HOUR + 3 * DAY);
    expect((await w.stripe.subscriptions.retrieve(id)).status).toBe("active");
    expect(await latest(w, id)).toMatchObject({ status: "paid", attempt_count: 2 });
  });

  test.each([
    ["unpaid", "unpaid"],
    ["past_due", "past_due"],
    ["cancel", "canceled"],
  ])("after the last try, with the account set to %s, it is %s", async (setting, status) => {
    const { w, id } = await failing(setting);
    await w.control.advance(MONTH_END + HOUR + 8 * DAY);
    expect((await w.stripe.subscriptions.retrieve(id)).status).toBe(status);
    expect((await latest(w, id)).next_payment_attempt).toBeNull();
  });
});

describe("a trial", () => {
  test("costs nothing, is announced before it ends, and its usage is free", async () => {
    const w = await world();
    const customer = await customerWith(w.stripe);
    const subscription = await subscribe(w, customer, { trial_period_days: 14 });
    const end = START + 14 * DAY;
    expect(subscription).toMatchObject({ status: "trialing", trial_end: end, billing_cycle_anchor: end });
    expect(await latest(w, subscription.id)).toMatchObject({ status: "paid", total: 0 });
    await w.control.advance(end - DAY);
    expect(await eventTypes(w.stripe)).toContain("customer.subscription.trial_will_end");
    await w.send(customer, 5_000_000, end - DAY);
    await w.control.advance(end + HOUR);
    expect((await w.stripe.subscriptions.retrieve(subscription.id)).status).toBe("active");
    expect(await latest(w, subscription.id)).toMatchObject({
      status: "paid",
      total: 3800,
      billing_reason: "subscription_cycle",
    });
  });

  test("more seats during it cost nothing yet, in the preview and in the change", async () => {
    const w = await world();
    const { id, items } = await subscribe(w, await customerWith(w.stripe), { trial_period_days: 14 });
    const change = {
      items: [{ id: items.data[0]!.id, quantity: 5 }],
      proration_behavior: "always_invoice" as const,
    };
    const preview = await w.stripe.invoices.createPreview({ subscription: id, subscription_details: change });
    expect([preview.amount_due, preview.lines.data.map(({ amount }) => amount)]).toEqual([0, [0]]);
    const changed = await w.stripe.subscriptions.update(id, {
      ...change,
      payment_behavior: "pending_if_incomplete",
    });
    expect(changed).toMatchObject({ status: "trialing", pending_update: null });
    expect(changed.items.data[0]!.quantity).toBe(5);
    await w.control.advance(START + 14 * DAY + HOUR);
    expect(await latest(w, id)).toMatchObject({ status: "paid", total: 5 * 1900 });
  });

  test.each([
    ["cancel", "canceled"],
    ["pause", "paused"],
  ] as const)("without a card and with %s it ends as %s", async (missing_payment_method, status) => {
    const w = await world();
    const { id: customer } = await w.stripe.customers.create({});
    const { id } = await subscribe(w, customer, {
      trial_period_days: 14,
      trial_settings: { end_behavior: { missing_payment_method } },
    });
    await w.control.advance(START + 14 * DAY);
    expect((await w.stripe.subscriptions.retrieve(id)).status).toBe(status);
  });
});

describe("cancelling", () => {
  test("at the period's end bills the usage once more, on a draft of its own", async () => {
    const w = await world();
    const customer = await customerWith(w.stripe);
    const { id } = await subscribe(w, customer);
    const planned = await w.stripe.subscriptions.update(id, { cancel_at_period_end: true });
    expect(planned).toMatchObject({ cancel_at_period_end: true, cancel_at: MONTH_END, status: "active" });
    await w.control.advance(MONTH_END - HOUR);
    await w.send(customer, 1_001_000, MONTH_END - HOUR);
    await w.control.advance(MONTH_END + HOUR);
    expect(await w.stripe.subscriptions.retrieve(id)).toMatchObject({
      status: "canceled",
      ended_at: MONTH_END,
    });
    expect(await latest(w, id)).toMatchObject({ status: "paid", total: 2000 });
    expect(await eventTypes(w.stripe)).toContain("customer.subscription.deleted");
  });

  test("can be taken back", async () => {
    const w = await world();
    const { id } = await subscribe(w, await customerWith(w.stripe));
    await w.stripe.subscriptions.update(id, { cancel_at_period_end: true });
    expect(await w.stripe.subscriptions.update(id, { cancel_at_period_end: false })).toMatchObject({
      cancel_at: null,
    });
    await w.control.advance(MONTH_END + HOUR);
    expect((await w.stripe.subscriptions.retrieve(id)).status).toBe("active");
  });

  test("now drops usage, unless it is invoiced now", async () => {
    const w = await world();
    const customer = await customerWith(w.stripe);
    const [dropped, billed] = [await subscribe(w, customer), await subscribe(w, customer)];
    await w.send(customer, 1_001_000, START + 60);
    await w.control.advance(START + HOUR);
    await w.stripe.subscriptions.cancel(dropped.id);
    expect(await latest(w, dropped.id)).toMatchObject({ billing_reason: "subscription_create" });
    const ended = await w.stripe.subscriptions.cancel(billed.id, { invoice_now: true });
    expect(ended.status).toBe("canceled");
    expect(await latest(w, billed.id)).toMatchObject({ status: "paid", total: 2000 });
    expect(await refusal(w.stripe.subscriptions.cancel(billed.id))).toMatchObject({ statusCode: 404 });
  });
});

describe("changing", () => {
  const half = START + 15 * DAY;

  test("more seats within a period: credit and charge for what is left of it, on the next invoice", async () => {
    const w = await world();
    const { id, items } = await subscribe(w, await customerWith(w.stripe));
    await w.control.advance(half);
    await w.stripe.subscriptions.update(id, { items: [{ id: items.data[0]!.id, quantity: 3 }] });
    await w.control.advance(MONTH_END + HOUR);
    const { lines, total } = await latest(w, id);
    expect(lines.data.slice(0, 1).map(({ amount }) => amount)).toEqual([5700]);
    expect(
      lines.data
        .filter(({ parent }) => parent?.subscription_item_details?.proration)
        .map(({ amount }) => amount),
    ).toEqual([-1900, 2850]);
    expect(total).toBe(5700 + 950);
  });

  test("a preview says what the change costs, and the change costs that; nothing has happened by then", async () => {
    const w = await world();
    const { id, items } = await subscribe(w, await customerWith(w.stripe));
    await w.control.advance(half);
    const change: Stripe.SubscriptionUpdateParams & Stripe.InvoiceCreatePreviewParams.SubscriptionDetails = {
      items: [{ id: items.data[0]!.id, price: w.bigSeat.id, quantity: 2 }],
      proration_behavior: "always_invoice",
    };
    const preview = await w.stripe.invoices.createPreview({ subscription: id, subscription_details: change });
    expect(preview.lines.data.map(({ amount }) => amount)).toEqual([-1900, 2900]);
    expect((await w.stripe.subscriptions.retrieve(id)).items.data[0]!.price.id).toBe(w.seat.id);
    await w.stripe.subscriptions.update(id, change);
    expect(await latest(w, id)).toMatchObject({
      status: "paid",
      total: preview.total,
      billing_reason: "subscription_update",
    });
    expect(preview.total).toBe(1000);
  });

  test("a metered price swapped within a period: usage so far is billed with the old, usage stamped later with the new", async () => {
    const w = await world();
    const customer = await customerWith(w.stripe);
    const { id, items } = await subscribe(w, customer);
    await w.send(customer, 1_001_000, START + 60);
    await w.control.advance(half);
    await w.stripe.subscriptions.update(id, { items: [{ id: items.data[1]!.id, price: w.otherMetered.id }] });
    await w.send(customer, 2_001_000, half + 1);
    await w.control.advance(MONTH_END + HOUR);
    const { lines } = await latest(w, id);
    const usage = lines.data.filter(({ pricing }) => pricing?.price_details?.product === w.metered.product);
    // The running total is billed twice: this is what `last` with a swap does, and why a change of plan resets the anchor.
    expect(usage.map(({ amount }) => amount).sort((a, b) => a - b)).toEqual([0, 0, 2000, 2000]);
  });

  test("with the anchor reset everything so far is billed now, and a period starts anew", async () => {
    const w = await world();
    const customer = await customerWith(w.stripe);
    const { id, items } = await subscribe(w, customer);
    await w.send(customer, 1_001_000, START + 60);
    await w.control.advance(half);
    const [seat, metered] = items.data as [Stripe.SubscriptionItem, Stripe.SubscriptionItem];
    const changed = await w.stripe.subscriptions.update(id, {
      billing_cycle_anchor: { type: "now" },
      items: [
        { id: seat.id, price: w.bigSeat.id, quantity: 2 },
        { id: metered.id, price: w.otherMetered.id },
      ],
    });
    expect(changed.items.data[0]!.current_period_start).toBe(half);
    expect(changed.billing_cycle_anchor).toBe(half);
    expect(await latest(w, id)).toMatchObject({ status: "paid", total: -1900 + 5800 + 2000 });
  });

  test("a failing payment leaves the change pending, and it is dropped after 23 h", async () => {
    const w = await world();
    const customer = await customerWith(w.stripe);
    const { id, items } = await subscribe(w, customer);
    const bad = await w.stripe.paymentMethods.attach("pm_card_chargeCustomerFail", { customer });
    await w.stripe.customers.update(customer, { invoice_settings: { default_payment_method: bad.id } });
    const change: Stripe.SubscriptionUpdateParams & Stripe.InvoiceCreatePreviewParams.SubscriptionDetails = {
      items: [{ id: items.data[0]!.id, quantity: 5 }],
      proration_behavior: "always_invoice",
      payment_behavior: "pending_if_incomplete",
    };
    const waiting = await w.stripe.subscriptions.update(id, change);
    expect(waiting).toMatchObject({ status: "active", pending_update: { expires_at: START + 23 * HOUR } });
    expect(waiting.items.data[0]!.quantity).toBe(2);
    await w.control.advance(START + 23 * HOUR);
    expect((await w.stripe.subscriptions.retrieve(id)).pending_update).toBeNull();
    expect(await eventTypes(w.stripe)).toContain("customer.subscription.pending_update_expired");
    const again = await w.stripe.subscriptions.update(id, change);
    const invoice = again.latest_invoice as string;
    await w.stripe.invoices.pay(invoice, { payment_method: "pm_card_visa" });
    expect((await w.stripe.subscriptions.retrieve(id)).items.data[0]!.quantity).toBe(5);
  });

  test("a schedule lowers the plan at the period's end, and is left behind", async () => {
    const w = await world();
    const { id, items } = await subscribe(w, await customerWith(w.stripe), {
      items: [{ price: w.bigSeat.id, quantity: 2 }, { price: w.otherMetered.id }],
    });
    const schedule = await w.stripe.subscriptionSchedules.create({ from_subscription: id });
    await w.stripe.subscriptionSchedules.update(schedule.id, {
      end_behavior: "release",
      phases: [
        {
          start_date: schedule.phases[0]!.start_date,
          end_date: schedule.phases[0]!.end_date,
          items: [{ price: w.bigSeat.id, quantity: 2 }, { price: w.otherMetered.id }],
        },
        { items: [{ price: w.seat.id, quantity: 1 }, { price: w.metered.id }], metadata: { plan: "pro" } },
      ],
    });
    const direct = w.stripe.subscriptions.update(id, { items: [{ id: items.data[0]!.id, quantity: 3 }] });
    expect((await refusal(direct)).message).toContain("managed by the subscription schedule");
    await w.control.advance(MONTH_END + HOUR);
    const lowered = await w.stripe.subscriptions.retrieve(id);
    expect(lowered.items.data.map(({ price }) => price.id)).toEqual([w.seat.id, w.metered.id]);
    expect(lowered.metadata).toMatchObject({ plan: "pro" });
    expect(await latest(w, id)).toMatchObject({ total: 1900 });
    await w.control.advance(Date.UTC(2027, 0, 20, 13) / 1000);
    expect((await w.stripe.subscriptionSchedules.retrieve(schedule.id)).status).toBe("released");
  });
});

describe("discounts, balance and tax ids", () => {
  test("a coupon for one invoice takes its percentage once", async () => {
    const w = await world();
    const coupon = await w.stripe.coupons.create({ percent_off: 25, duration: "once" });
    const { id } = await subscribe(w, await customerWith(w.stripe), { discounts: [{ coupon: coupon.id }] });
    const first = await latest(w, id);
    expect(first).toMatchObject({ subtotal: 3800, total: 2850 });
    expect(first.lines.data[0]!.discount_amounts).toEqual([
      { amount: 950, discount: expect.stringMatching(/^di_/) },
    ]);
    await w.control.advance(MONTH_END + HOUR);
    expect(await latest(w, id)).toMatchObject({ total: 3800 });
  });

  test("a promotion code is redeemed until it is used up", async () => {
    const w = await world();
    const coupon = await w.stripe.coupons.create({ amount_off: 1000, currency: "usd", duration: "forever" });
    const code = await w.stripe.promotionCodes.create({
      code: "HELLO",
      max_redemptions: 1,
      promotion: { type: "coupon", coupon: coupon.id },
    });
    const customer = await customerWith(w.stripe);
    const { id } = await subscribe(w, customer, { discounts: [{ promotion_code: code.id }] });
    expect(await latest(w, id)).toMatchObject({ total: 2800 });
    expect(await refusal(subscribe(w, customer, { discounts: [{ promotion_code: code.id }] }))).toMatchObject(
      { statusCode: 400 },
    );
  });

  test("what is credited more than it costs stays as balance for the next invoice", async () => {
    const w = await world();
    const customer = await customerWith(w.stripe);
    const { id, items } = await subscribe(w, customer);
    await w.control.advance(START + 15 * DAY);
    await w.stripe.subscriptions.update(id, {
      items: [{ id: items.data[0]!.id, quantity: 1 }],
      proration_behavior: "always_invoice",
    });
    expect(await latest(w, id)).toMatchObject({ total: -950, amount_due: 0, status: "paid" });
    expect(await w.stripe.customers.retrieve(customer)).toMatchObject({ balance: -950 });
    await w.control.advance(MONTH_END + HOUR);
    expect(await latest(w, id)).toMatchObject({ total: 1900, amount_due: 950, starting_balance: -950 });
  });

  test("tax ids stand on the invoices that become final after they were added", async () => {
    const w = await world();
    const customer = await customerWith(w.stripe);
    const { id } = await subscribe(w, customer);
    await w.stripe.customers.createTaxId(customer, { type: "eu_vat", value: "DE123456789" });
    await w.control.advance(MONTH_END + HOUR);
    expect((await latest(w, id)).customer_tax_ids).toEqual([{ type: "eu_vat", value: "DE123456789" }]);
  });
});

describe("money back", () => {
  test("a refund, in parts, up to what was paid", async () => {
    const w = await world();
    const customer = await customerWith(w.stripe);
    await subscribe(w, customer);
    const [charge] = (await w.stripe.charges.list({ customer })).data;
    await w.stripe.refunds.create({ charge: charge!.id, amount: 800 });
    expect(await refusal(w.stripe.refunds.create({ charge: charge!.id, amount: 3001 }))).toMatchObject({
      param: "amount",
    });
    await w.stripe.refunds.create({ charge: charge!.id });
    expect(await w.stripe.charges.retrieve(charge!.id)).toMatchObject({
      refunded: true,
      amount_refunded: 3800,
    });
  });

  test("a dispute is opened by the bank and closed by it", async () => {
    const w = await world();
    const customer = await customerWith(w.stripe);
    await subscribe(w, customer);
    const dispute = w.control.dispute(customer);
    expect(await w.stripe.disputes.retrieve(dispute)).toMatchObject({
      status: "needs_response",
      amount: 3800,
    });
    w.control.closeDispute(dispute, "lost");
    expect(await eventTypes(w.stripe)).toEqual(
      expect.arrayContaining(["charge.dispute.created", "charge.dispute.closed"]),
    );
  });
});

test("test clocks (section 14): their customers are hidden, advancing is not done when it is answered, two periods at most", async () => {
  const w = await world();
  const clock = await w.stripe.testHelpers.testClocks.create({ frozen_time: START });
  const customer = await customerWith(w.stripe, "pm_card_visa", { test_clock: clock.id });
  const { id } = await subscribe(w, customer);
  expect((await w.stripe.customers.list()).data).toEqual([]);
  expect((await w.stripe.subscriptions.list()).data).toEqual([]);
  expect((await w.stripe.subscriptions.list({ test_clock: clock.id })).data).toHaveLength(1);
  const far = w.stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: START + 100 * DAY });
  expect(await refusal(far)).toMatchObject({ param: "frozen_time" });
  const moved = await w.stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: MONTH_END + HOUR });
  expect(moved.status).toBe("advancing");
  await expect
    .poll(async () => (await w.stripe.testHelpers.testClocks.retrieve(clock.id)).status)
    .toBe("ready");
  expect(await latest(w, id)).toMatchObject({ billing_reason: "subscription_cycle", status: "paid" });
  expect(w.control.now()).toBe(START);
});
