import { z } from "zod";
import { cancelNow, setCancellation } from "../billing/cancel.ts";
import { resolvePaymentMethod } from "../billing/cards.ts";
import { createSubscription } from "../billing/create.ts";
import { type DiscountInput, makeDiscount } from "../billing/discounts.ts";
import { changeSubscription } from "../billing/subscription-state.ts";
import { carryOutChange } from "../billing/update.ts";
import type { Subscription } from "../core/billing-objects.ts";
import { badParam, StripeError } from "../core/errors.ts";
import {
  bool,
  clearable,
  inRange,
  int,
  list,
  mergeMetadata,
  metadata,
  page,
  params,
  range,
  text,
  timestamp,
} from "../core/params.ts";
import { route } from "../core/routes.ts";
import type { World } from "../world.ts";
import { getCustomer } from "./get-customer.ts";
import { listed } from "./listed.ts";

export const discountList = list(
  z.strictObject({ coupon: text.optional(), discount: text.optional(), promotion_code: text.optional() }),
);
const behavior = z.enum([
  "allow_incomplete",
  "default_incomplete",
  "error_if_incomplete",
  "pending_if_incomplete",
]);
export const proration = z.enum(["create_prorations", "always_invoice", "none"]);
export const trialSettings = z.strictObject({
  end_behavior: z.strictObject({ missing_payment_method: z.enum(["create_invoice", "cancel", "pause"]) }),
});
const paymentSettings = z.strictObject({
  save_default_payment_method: z.enum(["off", "on_subscription"]).optional(),
});
const cancelAt = clearable(z.union([timestamp, z.enum(["min_period_end", "max_period_end"])]));

/** An object since 2026-10-28.endive; it was a word before. */
export const anchorChange = z.strictObject({ type: z.enum(["now", "unchanged"]) });

export const itemChange = z.strictObject({
  id: text.optional(),
  clear_usage: bool.optional(),
  deleted: bool.optional(),
  metadata: metadata.optional(),
  price: text.optional(),
  quantity: int.optional(),
});

const shared = {
  automatic_tax: z.strictObject({ enabled: bool }).optional(),
  cancel_at: cancelAt.optional(),
  cancel_at_period_end: bool.optional(),
  collection_method: z.enum(["charge_automatically", "send_invoice"]).optional(),
  days_until_due: int.optional(),
  default_payment_method: z.string().optional(),
  description: z.string().max(500).optional(),
  discounts: discountList.optional(),
  metadata: metadata.optional(),
  off_session: bool.optional(),
  payment_behavior: behavior.optional(),
  payment_settings: paymentSettings.optional(),
  proration_behavior: proration.optional(),
  trial_settings: trialSettings.optional(),
};

const createFields = params({
  ...shared,
  billing_cycle_anchor: timestamp.optional(),
  billing_mode: z.strictObject({ type: z.enum(["classic", "flexible"]) }).optional(),
  currency: text.optional(),
  customer: text,
  items: z
    .array(z.strictObject({ metadata: metadata.optional(), price: text, quantity: int.optional() }))
    .min(1)
    .max(20),
  trial_end: z.union([z.literal("now"), timestamp]).optional(),
  trial_period_days: int.optional(),
});

const updateFields = params({
  ...shared,
  billing_cycle_anchor: anchorChange.optional(),
  cancellation_details: z
    .strictObject({ comment: z.string().optional(), feedback: z.string().optional() })
    .optional(),
  items: z.array(itemChange).optional(),
  proration_date: timestamp.optional(),
  trial_end: z.union([z.literal("now"), timestamp]).optional(),
});

function trialEndOf(now: number, end: number | "now" | undefined, days: number | undefined): number | null {
  if (end !== undefined && days !== undefined)
    throw badParam(
      "trial_end",
      "You may only specify one of these parameters: trial_end, trial_period_days.",
    );
  if (days !== undefined && days > 0) return now + days * 86_400;
  if (typeof end === "number" && end <= now)
    throw badParam("trial_end", "Invalid timestamp: must be an integer Unix timestamp in the future.");
  return typeof end === "number" ? end : null;
}

function create(world: World, input: z.output<typeof createFields>): Subscription {
  const customer = getCustomer(world, input.customer, "customer");
  const now = world.now(customer);
  if (input.billing_cycle_anchor !== undefined && input.billing_cycle_anchor < now) {
    throw badParam("billing_cycle_anchor", "The billing cycle anchor must be in the future.");
  }
  const subscription = createSubscription(world, {
    customer,
    items: input.items.map(({ price, quantity, metadata: given }) => ({
      price,
      quantity,
      metadata: mergeMetadata({}, given),
    })),
    metadata: mergeMetadata({}, input.metadata),
    trialEnd: trialEndOf(now, input.trial_end, input.trial_period_days),
    anchor: input.billing_cycle_anchor ?? null,
    prorate: input.proration_behavior !== "none",
    paymentBehavior: input.payment_behavior ?? "allow_incomplete",
    defaultPaymentMethod: input.default_payment_method || null,
    discounts: input.discounts ?? [],
    cancelAt: null,
    cancelAtPeriodEnd: false,
    missingPaymentMethod: input.trial_settings?.end_behavior.missing_payment_method ?? "create_invoice",
    billingMode: input.billing_mode?.type ?? "flexible",
    description: input.description || null,
    collection: input.collection_method ?? "charge_automatically",
    daysUntilDue: input.days_until_due ?? null,
    customerThere: input.off_session !== true,
    saveCard: input.payment_settings?.save_default_payment_method === "on_subscription",
  });
  setCancellation(world, subscription, {
    cancelAt: input.cancel_at,
    cancelAtPeriodEnd: input.cancel_at_period_end,
  });
  return subscription;
}

function update(
  world: World,
  subscription: Subscription,
  input: z.output<typeof updateFields>,
): Subscription {
  if (subscription.ended_at !== null) {
    const message = "A canceled subscription can only update its cancellation_details and metadata.";
    const { metadata: _m, cancellation_details: _c, ...rest } = input;
    if (Object.keys(rest).length > 0) throw new StripeError(400, message);
  }
  refuseBesidePending(input);
  changeSubscription(world, subscription, () => {
    const method = input.default_payment_method;
    if (
      method &&
      resolvePaymentMethod(world, method, world.clock.now(), "default_payment_method").customer !==
        subscription.customer
    ) {
      throw badParam(
        "default_payment_method",
        `The customer does not have a payment method with the ID ${method}.`,
        "resource_missing",
      );
    }
    if (method !== undefined) subscription.default_payment_method = method || null;
    if (input.description !== undefined) subscription.description = input.description || null;
    if (input.trial_settings) subscription.trial_settings = input.trial_settings;
    if (input.collection_method) subscription.collection_method = input.collection_method;
    const save = input.payment_settings?.save_default_payment_method;
    if (save !== undefined) subscription.payment_settings.save_default_payment_method = save;
    subscription.metadata = mergeMetadata(subscription.metadata, input.metadata);
    Object.assign(subscription.cancellation_details, input.cancellation_details);
    setDiscounts(world, subscription, input.discounts);
    const changes =
      input.items !== undefined ||
      input.trial_end !== undefined ||
      input.billing_cycle_anchor?.type === "now";
    if (changes) {
      if (subscription.schedule !== null && input.items) refuseScheduled(world, subscription);
      const change = {
        items: (input.items ?? []).map(({ metadata: given, ...item }) => ({
          ...item,
          metadata: mergeMetadata({}, given),
        })),
        prorationBehavior: input.proration_behavior ?? "create_prorations",
        prorationDate: input.proration_date ?? null,
        resetAnchor: input.billing_cycle_anchor?.type === "now",
        trialEnd: input.trial_end ?? null,
      } as const;
      carryOutChange(world, subscription, change, input.payment_behavior ?? "allow_incomplete");
    }
    setCancellation(world, subscription, {
      cancelAt: input.cancel_at,
      cancelAtPeriodEnd: input.cancel_at_period_end,
    });
  });
  return subscription;
}

const PENDING_CARRIES = [
  "billing_cycle_anchor",
  "items",
  "off_session",
  "payment_behavior",
  "proration_behavior",
  "proration_date",
  "trial_end",
];

/** An update that may have to wait for its payment carries little else. */
function refuseBesidePending(input: z.output<typeof updateFields>): void {
  if (input.payment_behavior !== "pending_if_incomplete") return;
  const other = Object.keys(input).find((name) => !PENDING_CARRIES.includes(name));
  if (other === undefined) return;
  throw badParam(
    other,
    `You cannot pass \`${other}\` when \`payment_behavior\` is \`pending_if_incomplete\`.`,
  );
}

/** Items that a schedule manages are changed through it. */
function refuseScheduled(world: World, subscription: Subscription): void {
  const schedule = world.state.schedules.get(subscription.schedule!);
  if (schedule.status !== "active") return;
  const message = `The subscription is managed by the subscription schedule \`${schedule.id}\`, and updating any prices directly is not allowed. Please update the schedule instead.`;
  throw new StripeError(400, message, { param: "items" });
}

function setDiscounts(world: World, subscription: Subscription, wanted: DiscountInput[] | undefined): void {
  if (wanted === undefined) return;
  subscription.discounts = wanted.map(
    (one) => makeDiscount(world, one, subscription.customer, subscription.id).id,
  );
}

/** A paused one goes on, with a period that starts now. */
function resume(world: World, subscription: Subscription): Subscription {
  if (subscription.status !== "paused") {
    throw new StripeError(400, "The subscription must have status `paused` to be resumed.");
  }
  changeSubscription(world, subscription, () => {
    subscription.status = "active";
    const change = {
      items: [],
      prorationBehavior: "none",
      prorationDate: null,
      resetAnchor: true,
      trialEnd: null,
    } as const;
    for (const item of subscription.items.data)
      item.current_period_end = Math.max(item.current_period_end, world.now(subscription.customer));
    carryOutChange(world, subscription, change, "allow_incomplete");
  });
  world.emit("customer.subscription.resumed", subscription);
  return subscription;
}

export const subscriptionRoutes = [
  route("POST", "/v1/subscriptions", createFields, ({ world, input }) => create(world, input)),
  route(
    "GET",
    "/v1/subscriptions",
    params({
      ...page,
      collection_method: text.optional(),
      created: range.optional(),
      customer: text.optional(),
      price: text.optional(),
      status: z
        .enum([
          "active",
          "all",
          "canceled",
          "ended",
          "incomplete",
          "incomplete_expired",
          "past_due",
          "paused",
          "trialing",
          "unpaid",
        ])
        .optional(),
      test_clock: text.optional(),
    }),
    ({ world, input }) =>
      listed(world.state.subscriptions, input, "/v1/subscriptions", (subscription) => {
        const { status, customer, test_clock, created, items } = subscription;
        // Ended ones are hidden unless asked for, those of a test clock as well (section 9).
        const ended = status === "canceled" || status === "incomplete_expired";
        const statusFits =
          input.status === undefined
            ? !ended
            : input.status === "all" || (input.status === "ended" ? ended : status === input.status);
        const clockFits = input.customer !== undefined || test_clock === (input.test_clock ?? null);
        return (
          statusFits &&
          clockFits &&
          (input.customer === undefined || customer === input.customer) &&
          (input.created === undefined || inRange(created, input.created)) &&
          (input.price === undefined || items.data.some(({ price }) => price.id === input.price))
        );
      }),
  ),
  route("GET", "/v1/subscriptions/:id", params({}), ({ world, path }) =>
    world.state.subscriptions.get(path.id!),
  ),
  route("POST", "/v1/subscriptions/:id", updateFields, ({ world, path, input }) =>
    update(world, world.state.subscriptions.get(path.id!), input),
  ),
  route(
    "POST",
    "/v1/subscriptions/:id/resume",
    params({ billing_cycle_anchor: anchorChange.optional(), proration_behavior: proration.optional() }),
    ({ world, path }) => resume(world, world.state.subscriptions.get(path.id!)),
  ),
  route(
    "DELETE",
    "/v1/subscriptions/:id",
    params({
      cancellation_details: z
        .strictObject({ comment: z.string().optional(), feedback: z.string().optional() })
        .optional(),
      invoice_now: bool.optional(),
      prorate: bool.optional(),
    }),
    ({ world, path, input }) => {
      const subscription = world.state.subscriptions.get(path.id!);
      cancelNow(world, subscription, {
        invoiceNow: input.invoice_now ?? false,
        prorate: input.prorate ?? false,
      });
      Object.assign(subscription.cancellation_details, input.cancellation_details);
      return subscription;
    },
  ),
  route("DELETE", "/v1/subscriptions/:id/discount", params({}), ({ world, path }) => {
    const subscription = world.state.subscriptions.get(path.id!);
    const id = subscription.discounts.at(-1);
    if (id === undefined)
      throw new StripeError(404, "No active discount for subscription.", { code: "resource_missing" });
    changeSubscription(world, subscription, () => {
      subscription.discounts = [];
    });
    return { ...world.state.discounts.get(id), deleted: true };
  }),
  route("GET", "/v1/subscription_items", params({ ...page, subscription: text }), ({ world, input }) => {
    const { items } = world.state.subscriptions.get(input.subscription, "subscription");
    return items;
  }),
];
