import type { Subscription } from "../core/billing-objects.ts";
import { badParam, StripeError } from "../core/errors.ts";
import type { Customer } from "../core/objects.ts";
import type { World } from "../world.ts";
import { cardError, resolvePaymentMethod } from "./cards.ts";
import { type DiscountInput, makeDiscount, settleDiscounts, unredeem } from "./discounts.ts";
import { draftInvoice } from "./invoices.ts";
import { checkTogether, type ItemInput, makeItem } from "./items.ts";
import { isMetered, licensedLine } from "./lines.ts";
import { boundary, type Period, periodAt } from "./period.ts";
import { defaultMethod, finalizeInvoice, payInvoice } from "./settle-invoice.ts";

export interface CreateInput {
  readonly customer: Customer;
  readonly items: readonly ItemInput[];
  readonly metadata: Record<string, string>;
  readonly trialEnd: number | null;
  readonly anchor: number | null;
  readonly prorate: boolean;
  readonly paymentBehavior:
    | "allow_incomplete"
    | "default_incomplete"
    | "error_if_incomplete"
    | "pending_if_incomplete";
  readonly defaultPaymentMethod: string | null;
  readonly discounts: readonly DiscountInput[];
  readonly cancelAt: number | null;
  readonly cancelAtPeriodEnd: boolean;
  readonly missingPaymentMethod: "create_invoice" | "cancel" | "pause";
  readonly billingMode: "classic" | "flexible";
  readonly description: string | null;
  readonly collection: "charge_automatically" | "send_invoice";
  readonly daysUntilDue: number | null;
  /** The customer sits at the page and can authenticate. */
  readonly customerThere: boolean;
  /** They have authenticated the card just now. */
  readonly authenticated?: boolean;
  readonly saveCard: boolean;
}

/** How long a first payment may take (section 9). */
const INCOMPLETE_SECONDS = 23 * 3600;
export const expiresIncompleteAt = ({ created }: Subscription) => created + INCOMPLETE_SECONDS;

/** Starts a subscription and collects its first invoice. */
export function createSubscription(world: World, input: CreateInput): Subscription {
  const { customer } = input;
  const now = world.now(customer);
  const id = world.id("sub");
  const firstPrice = world.state.prices.get(input.items[0]!.price, "items[0][price]");
  if (firstPrice.recurring === null)
    makeItem(world, { ...input.items[0]!, subscription: id }, { start: now, end: now }, now, "items[0]");
  const trialing = input.trialEnd !== null && input.trialEnd > now;
  const anchor = trialing ? (input.anchor ?? input.trialEnd!) : (input.anchor ?? now);
  const period = firstPeriod(now, anchor, trialing ? input.trialEnd : null, firstPrice.recurring!);
  const items = input.items.map((item, at) =>
    makeItem(world, { ...item, subscription: id }, period, now, `items[${at}]`),
  );
  checkTogether(items.map(({ price }) => price));
  const subscription = blankSubscription(world, input, id, anchor, now);
  subscription.items.data = items;
  subscription.discounts = input.discounts.map(
    (discount) => makeDiscount(world, discount, customer.id, id).id,
  );
  customer.currency ??= firstPrice.currency;
  world.state.subscriptions.add(subscription);
  const whole =
    period.start < anchor && !trialing && input.anchor !== null
      ? wholeAround(anchor, period, firstPrice.recurring!)
      : undefined;
  const free = trialing || (whole !== undefined && !input.prorate);
  const lines = items
    .filter((item) => !isMetered(item))
    .map((item) =>
      licensedLine(world, subscription, item, period, { free, ...(whole && !free ? { whole } : {}) }),
    );
  const invoice = draftInvoice(world, {
    customer,
    subscription,
    reason: "subscription_create",
    lines,
    period: { start: now, end: now },
    finalizesAt: null,
  });
  invoice.auto_advance = true;
  if (!trialing) settleDiscounts(world, subscription, invoice.discounts, now);
  finalizeInvoice(world, invoice);
  if (invoice.status === "paid") subscription.status = trialing ? "trialing" : "active";
  else if (input.paymentBehavior !== "default_incomplete" && input.collection === "charge_automatically") {
    const result = payInvoice(world, invoice, defaultMethod(world, invoice), {
      customerThere: input.customerThere,
      authenticated: input.authenticated ?? false,
    });
    if (result !== "succeeded" && input.paymentBehavior === "error_if_incomplete") {
      const error = world.state.paymentIntents.get(invoice._paymentIntent!).last_payment_error;
      forget(world, subscription);
      throw cardError(
        error ?? {
          code: "authentication_required",
          message: "This payment requires additional user action before it can be completed successfully.",
        },
      );
    }
  }
  if (input.collection === "send_invoice" && subscription.status === "incomplete")
    subscription.status = "active";
  if (customer.deleted)
    throw new StripeError(400, `No such customer: '${customer.id}'`, { param: "customer" });
  world.emit("customer.subscription.created", subscription);
  return subscription;
}

/** The time that is paid first: up to the trial's end, or to the first boundary after now. */
function firstPeriod(
  now: number,
  anchor: number,
  trialEnd: number | null,
  every: Parameters<typeof boundary>[1],
): Period {
  if (trialEnd !== null) return { start: now, end: trialEnd };
  if (anchor > boundary(now, every, 1))
    throw badParam(
      "billing_cycle_anchor",
      "The billing cycle anchor cannot be later than one billing period from now.",
    );
  if (anchor > now) return { start: now, end: anchor };
  return { start: now, end: periodAt(anchor, every, now).end };
}

const wholeAround = (anchor: number, period: Period, every: Parameters<typeof boundary>[1]): Period => ({
  start: boundary(anchor, every, -1),
  end: period.end,
});

function forget(world: World, subscription: Subscription): void {
  for (const invoice of world.state.invoices.filter(
    ({ parent }) => parent?.subscription_details.subscription === subscription.id,
  )) {
    world.state.invoices.delete(invoice.id);
  }
  unredeem(world, subscription.discounts);
  world.state.subscriptions.delete(subscription.id);
}

function blankSubscription(
  world: World,
  input: CreateInput,
  id: string,
  anchor: number,
  now: number,
): Subscription {
  const { customer } = input;
  const trialing = input.trialEnd !== null && input.trialEnd > now;
  const method = input.defaultPaymentMethod;
  if (
    method !== null &&
    resolvePaymentMethod(world, method, now, "default_payment_method").customer !== customer.id
  ) {
    throw badParam(
      "default_payment_method",
      `The customer does not have a payment method with the ID ${method}.`,
      "resource_missing",
    );
  }
  return {
    id,
    object: "subscription",
    application: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: anchor,
    billing_cycle_anchor_config: null,
    billing_mode: {
      flexible: input.billingMode === "flexible" ? { proration_discounts: "included" } : null,
      type: input.billingMode,
    },
    billing_thresholds: null,
    cancel_at: input.cancelAt,
    cancel_at_period_end: false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, reason: null },
    collection_method: input.collection,
    created: now,
    currency: world.state.prices.get(input.items[0]!.price).currency,
    customer: customer.id,
    customer_account: null,
    days_until_due: input.daysUntilDue,
    default_payment_method: method,
    default_source: null,
    default_tax_rates: [],
    description: input.description,
    discounts: [],
    ended_at: null,
    items: { object: "list", data: [], has_more: false, url: `/v1/subscription_items?subscription=${id}` },
    latest_invoice: null,
    livemode: false,
    metadata: input.metadata,
    next_pending_invoice_item_invoice: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: input.saveCard ? "on_subscription" : "off",
    },
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: now,
    status: "incomplete",
    test_clock: customer.test_clock,
    trial_end: trialing ? input.trialEnd : null,
    trial_settings: { end_behavior: { missing_payment_method: input.missingPaymentMethod } },
    trial_start: trialing ? now : null,
    _noticed: { trialWillEnd: false, upcomingFor: null },
  };
}

/** When a subscription's present period ends, and started. */
export function periodOf(subscription: Subscription): Period {
  const item = subscription.items.data[0]!;
  return { start: item.current_period_start, end: item.current_period_end };
}
