import type { Invoice, Subscription } from "../core/billing-objects.ts";
import { StripeError } from "../core/errors.ts";
import type { PaymentMethod } from "../core/objects.ts";
import type { World } from "../world.ts";
import { applyPendingUpdate } from "./apply-pending-update.ts";
import { refreshUsage, settle, taxIdsOf } from "./invoices.ts";
import { charge, intentOf, type PaymentResult } from "./payments.ts";
import { changeSubscription, endSubscription } from "./subscription-state.ts";

/** Makes a draft final: usage is counted for the last time, it gets its number, and what is due. */
export function finalizeInvoice(world: World, invoice: Invoice): void {
  if (invoice.status !== "draft") {
    throw new StripeError(
      400,
      "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
      { code: "invoice_not_editable" },
    );
  }
  refreshUsage(world, invoice);
  const customer = world.state.customers.get(invoice.customer);
  const now = world.now(customer);
  const balance = settle(invoice.total, customer.balance);
  invoice.starting_balance = customer.balance;
  invoice.ending_balance = balance.balance;
  customer.balance = balance.balance;
  Object.assign(invoice, {
    amount_due: balance.due,
    amount_remaining: balance.due,
    automatically_finalizes_at: null,
    customer_tax_ids: taxIdsOf(world, customer),
    customer_name: customer.name,
    customer_email: customer.email,
    customer_address: customer.address,
    effective_at: now,
    hosted_invoice_url: `${world.url}/i/${invoice.id}`,
    invoice_pdf: `${world.url}/i/${invoice.id}/pdf`,
    next_payment_attempt: null,
    number: `${customer.invoice_prefix}-${String(customer.next_invoice_sequence++).padStart(4, "0")}`,
    status: "open",
  });
  invoice.status_transitions.finalized_at = now;
  if (invoice.amount_due > 0) intentOf(world, invoice);
  world.emit("invoice.finalized", invoice);
  if (invoice.amount_due === 0) markPaid(world, invoice);
}

/** What pays by itself: the card of the subscription, else that of the customer. */
export function defaultMethod(world: World, invoice: Invoice): PaymentMethod | null {
  const subscription = subscriptionOf(world, invoice);
  const customer = world.state.customers.get(invoice.customer);
  const id =
    invoice.default_payment_method ??
    subscription?.default_payment_method ??
    customer.invoice_settings.default_payment_method;
  return id === null ? null : (world.state.paymentMethods.find(id) ?? null);
}

export function subscriptionOf(world: World, invoice: Invoice): Subscription | null {
  const id = invoice.parent?.subscription_details.subscription;
  return id === undefined ? null : (world.state.subscriptions.find(id) ?? null);
}

/**
 * Tries to collect what an open invoice asks for, and carries what comes of it to the subscription.
 * @param options.customerThere they can authenticate now; else the payment fails where that is needed
 */
export function payInvoice(
  world: World,
  invoice: Invoice,
  method: PaymentMethod | null,
  options: { customerThere: boolean; authenticated?: boolean; returnUrl?: string | null },
): PaymentResult {
  const intent = intentOf(world, invoice);
  const result = charge(world, intent, method, options);
  invoice.attempted = true;
  invoice.attempt_count++;
  if (result === "succeeded") {
    markPaid(world, invoice);
  } else {
    scheduleRetry(world, invoice);
    if (result === "requires_action") world.emit("invoice.payment_action_required", invoice);
    world.emit("invoice.payment_failed", invoice);
    afterFailure(world, invoice);
  }
  return result;
}

/** The invoice is settled, by a payment or because nothing is due. */
export function markPaid(world: World, invoice: Invoice, outOfBand = false): void {
  const now = world.now(invoice.customer);
  const before = { status: invoice.status };
  invoice.status = "paid";
  invoice.amount_paid = invoice.amount_due;
  invoice.amount_remaining = 0;
  invoice.attempted = true;
  invoice.next_payment_attempt = null;
  invoice.status_transitions.paid_at = now;
  for (const id of invoice._payments) {
    const payment = world.state.invoicePayments.get(id);
    payment.status = outOfBand ? "canceled" : "paid";
    payment.amount_paid = outOfBand ? null : payment.amount_requested;
    payment.status_transitions = outOfBand
      ? { canceled_at: now, paid_at: null }
      : { canceled_at: null, paid_at: now };
    if (!outOfBand) world.emit("invoice_payment.paid", payment);
  }
  world.emit("invoice.updated", invoice, before);
  world.emit("invoice.paid", invoice);
  if (!outOfBand) world.emit("invoice.payment_succeeded", invoice);
  const customer = world.state.customers.get(invoice.customer);
  customer.delinquent = false;
  const subscription = subscriptionOf(world, invoice);
  if (!subscription || subscription.ended_at !== null) return;
  if (subscription.pending_update?._invoice === invoice.id) applyPendingUpdate(world, subscription);
  const paidWith =
    invoice._paymentIntent === null
      ? null
      : world.state.paymentIntents.get(invoice._paymentIntent).payment_method;
  if (subscription.payment_settings.save_default_payment_method === "on_subscription" && paidWith !== null) {
    subscription.default_payment_method = paidWith;
  }
  const recovers =
    subscription.status === "incomplete" ||
    ((subscription.status === "past_due" || subscription.status === "unpaid") &&
      subscription.latest_invoice === invoice.id);
  if (recovers) {
    changeSubscription(world, subscription, () => {
      subscription.status =
        subscription.trial_end !== null && subscription.trial_end > now ? "trialing" : "active";
    });
  }
}

function scheduleRetry(world: World, invoice: Invoice): void {
  const days = world.settings.retryAfterDays[invoice.attempt_count - 1];
  const automatic = invoice.auto_advance && invoice.billing_reason !== "subscription_create";
  invoice.next_payment_attempt =
    automatic && days !== undefined ? world.now(invoice.customer) + Math.round(days * 86_400) : null;
}

function afterFailure(world: World, invoice: Invoice): void {
  const subscription = subscriptionOf(world, invoice);
  world.state.customers.get(invoice.customer).delinquent = true;
  if (!subscription || subscription.ended_at !== null) return;
  const { status } = subscription;
  if (status === "active" || status === "trialing") {
    // An update that waits for its payment leaves the subscription as it is.
    if (subscription.pending_update?._invoice === invoice.id) return;
    changeSubscription(world, subscription, () => {
      subscription.status = "past_due";
    });
  }
  const isLast =
    invoice.auto_advance &&
    invoice.next_payment_attempt === null &&
    invoice.billing_reason !== "subscription_create";
  if (!isLast || subscription.status !== "past_due") return;
  const { afterRetries } = world.settings;
  if (afterRetries === "cancel")
    endSubscription(world, subscription, { at: world.now(invoice.customer), reason: "payment_failed" });
  if (afterRetries === "unpaid") {
    changeSubscription(world, subscription, () => {
      subscription.status = "unpaid";
    });
  }
}

/** Makes an invoice final and collects it at once. */
export function finalizeAndPay(world: World, invoice: Invoice): void {
  finalizeInvoice(world, invoice);
  if (invoice.status === "open" && invoice.collection_method === "charge_automatically") {
    payInvoice(world, invoice, defaultMethod(world, invoice), { customerThere: false });
  }
}

/** Nobody will pay it any more. */
export function voidInvoice(world: World, invoice: Invoice): void {
  invoice.status = "void";
  invoice.next_payment_attempt = null;
  invoice.status_transitions.voided_at = world.now(invoice.customer);
  cancelPayment(world, invoice);
  world.emit("invoice.voided", invoice);
}

export function cancelPayment(world: World, invoice: Invoice): void {
  if (invoice._paymentIntent === null) return;
  const intent = world.state.paymentIntents.get(invoice._paymentIntent);
  if (intent.status === "succeeded" || intent.status === "canceled") return;
  Object.assign(intent, {
    status: "canceled",
    canceled_at: world.now(invoice.customer),
    cancellation_reason: "void_invoice",
    next_action: null,
  });
  world.emit("payment_intent.canceled", intent);
}
