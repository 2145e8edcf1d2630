import type { Insertable } from "kysely";
import type { Stripe } from "stripe";
import type {
  DiscountSummary,
  PaymentMethodSummary,
  PlanName,
  SubscriptionsTable,
} from "../../../db/schema/index.ts";
import { itemOfPrice, seatItemOf } from "../catalog.ts";
import type { ReadSubscription } from "./read-customer.ts";
import { dateOf, dateOrNull, idOf, wholeOf } from "./times.ts";

export type SubscriptionRow = Insertable<SubscriptionsTable>;

/**
 * A subscription as we keep it; depends on nothing but what Stripe said, so that any order of events ends the same.
 *
 * @param invoices of the customer
 * @param cardOfCustomer used when the subscription names no payment method of its own
 */
export function toSubscriptionRow(
  { subscription, schedule }: ReadSubscription,
  context: {
    readonly tenantId: string;
    readonly invoices: readonly Stripe.Invoice[];
    readonly cardOfCustomer: Stripe.PaymentMethod | null;
    readonly now: Date;
  },
): SubscriptionRow {
  const seat = seatItemOf(subscription);
  const period = periodOf(subscription);
  const invoice = wholeOf(subscription.latest_invoice);
  const card = wholeOf(subscription.default_payment_method) ?? context.cardOfCustomer;
  const next = schedule ? nextPhaseOf(schedule, context.now) : null;
  return {
    id: subscription.id,
    tenant_id: context.tenantId,
    stripe_customer_id: idOf(subscription.customer)!,
    status: subscription.status,
    plan: seat?.plan ?? null,
    seats: seat?.seats ?? 1,
    current_period_start: period.start,
    current_period_end: period.end,
    cancel_at: dateOrNull(subscription.cancel_at) ?? (subscription.cancel_at_period_end ? period.end : null),
    canceled_at: dateOrNull(subscription.canceled_at),
    ended_at: dateOrNull(subscription.ended_at),
    trial_end: dateOrNull(subscription.trial_end),
    scheduled_plan: next?.plan ?? null,
    scheduled_seats: next?.seats ?? null,
    past_due_since: pastDueSince(subscription, context.invoices),
    latest_invoice_id: idOf(subscription.latest_invoice),
    latest_invoice_status: invoice?.status ?? null,
    next_payment_attempt: dateOrNull(invoice?.next_payment_attempt),
    payment_method: card ? JSON.stringify(summarizeCard(card)) : null,
    discount: discountOf(subscription),
    created_at: dateOf(subscription.created),
    synced_at: context.now,
  };
}

/** The period stands on the items since 2025; all of ours share one. */
function periodOf(subscription: Stripe.Subscription): { start: Date; end: Date } {
  const items = subscription.items.data;
  const item = items.find(({ price }) => itemOfPrice(price.metadata)?.item === "seat") ?? items[0];
  if (!item) return { start: dateOf(subscription.start_date), end: dateOf(subscription.start_date) };
  return { start: dateOf(item.current_period_start), end: dateOf(item.current_period_end) };
}

/**
 * Since when a payment is missing: the first attempt happens when an invoice becomes final. Read from the invoices and
 * not from when we heard of it, so that a late notice does not lengthen the grace.
 */
function pastDueSince(subscription: Stripe.Subscription, invoices: readonly Stripe.Invoice[]): Date | null {
  if (subscription.status !== "past_due" && subscription.status !== "unpaid") return null;
  const since = invoices
    .filter(
      (invoice) =>
        subscriptionOfInvoice(invoice) === subscription.id &&
        (invoice.status === "open" || invoice.status === "uncollectible") &&
        invoice.amount_remaining > 0,
    )
    .map((invoice) => invoice.status_transitions.finalized_at ?? invoice.created);
  return since.length === 0 ? null : dateOf(Math.min(...since));
}

export function subscriptionOfInvoice(invoice: Stripe.Invoice): string | null {
  return idOf(invoice.parent?.subscription_details?.subscription);
}

/** What the schedule changes after the present phase. */
function nextPhaseOf(
  schedule: Stripe.SubscriptionSchedule,
  now: Date,
): { plan: PlanName; seats: number } | null {
  if (schedule.status !== "active" && schedule.status !== "not_started") return null;
  const phase = schedule.phases.find(({ start_date }) => dateOf(start_date) > now);
  for (const { price, quantity } of phase?.items ?? []) {
    const found = typeof price === "object" && !price.deleted ? itemOfPrice(price.metadata) : null;
    if (found?.item === "seat") return { plan: found.plan, seats: quantity ?? 1 };
  }
  return null;
}

function summarizeCard({ type, card }: Stripe.PaymentMethod): PaymentMethodSummary {
  return {
    kind: type,
    brand: card?.brand ?? null,
    last4: card?.last4 ?? null,
    expMonth: card?.exp_month ?? null,
    expYear: card?.exp_year ?? null,
  };
}

function discountOf(subscription: Stripe.Subscription): string | null {
  const discount = wholeOf(subscription.discounts[0]);
  const coupon = wholeOf(discount?.source.coupon);
  if (!discount || !coupon) return null;
  const summary: DiscountSummary = {
    coupon: coupon.id,
    name: coupon.name,
    percentOff: coupon.percent_off,
    amountOffCents: coupon.amount_off,
    endsAt: dateOrNull(discount.end)?.toISOString() ?? null,
  };
  return JSON.stringify(summary);
}
