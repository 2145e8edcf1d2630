import type { BillingReason, Invoice, InvoiceLine, Subscription } from "../core/billing-objects.ts";
import type { Customer } from "../core/objects.ts";
import type { World } from "../world.ts";
import { applyDiscounts, liveDiscounts } from "./discounts.ts";
import { usageLines } from "./lines.ts";
import { takePendingLines } from "./pending-items.ts";

export interface InvoiceInput {
  readonly customer: Customer;
  readonly subscription: Subscription | null;
  readonly reason: BillingReason;
  readonly lines: readonly InvoiceLine[];
  readonly period: { readonly start: number; readonly end: number };
  /** Becomes final then by itself; null: by a call. */
  readonly finalizesAt: number | null;
}

/** Makes a draft. Pending invoice items of the customer and subscription go onto it. */
export function draftInvoice(world: World, input: InvoiceInput): Invoice {
  const { customer, subscription } = input;
  const invoice = blankInvoice(world, input, world.id("in"));
  invoice.discounts = subscription ? liveDiscounts(world, subscription, world.now(customer)) : [];
  setLines(world, invoice, [
    ...input.lines,
    ...takePendingLines(world, customer.id, subscription?.id ?? null, invoice.id),
  ]);
  world.state.invoices.add(invoice);
  if (subscription) subscription.latest_invoice = invoice.id;
  world.emit("invoice.created", invoice);
  return invoice;
}

/** An invoice with nothing on it that is not kept anywhere. */
export function blankInvoice(world: World, input: InvoiceInput, id: string): Invoice {
  const { customer, subscription, reason, period, finalizesAt } = input;
  return {
    id,
    object: "invoice",
    account_country: "US",
    account_name: world.settings.accountName,
    account_tax_ids: null,
    amount_due: 0,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_remaining: 0,
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: finalizesAt !== null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    automatically_finalizes_at: finalizesAt,
    billing_reason: reason,
    collection_method: subscription?.collection_method ?? "charge_automatically",
    created: world.now(customer),
    currency: subscription?.currency ?? customer.currency ?? "usd",
    custom_fields: null,
    customer: customer.id,
    customer_account: null,
    customer_address: customer.address,
    customer_email: customer.email,
    customer_name: customer.name,
    customer_phone: customer.phone,
    customer_shipping: null,
    customer_tax_exempt: customer.tax_exempt,
    customer_tax_ids: taxIdsOf(world, customer),
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    due_date: null,
    effective_at: null,
    ending_balance: null,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: "self" },
    last_finalization_error: null,
    latest_revision: null,
    lines: { object: "list", data: [], has_more: false, url: `/v1/invoices/${id}/lines` },
    livemode: false,
    metadata: {},
    next_payment_attempt: finalizesAt,
    number: null,
    on_behalf_of: null,
    parent: subscription && {
      quote_details: null,
      subscription_details: { metadata: { ...subscription.metadata }, subscription: subscription.id },
      type: "subscription_details",
    },
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: period.end,
    period_start: period.start,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: customer.balance,
    statement_descriptor: null,
    status: "draft",
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal: 0,
    subtotal_excluding_tax: 0,
    test_clock: customer.test_clock,
    total: 0,
    total_discount_amounts: [],
    total_excluding_tax: 0,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: null,
    _payments: [],
    _paymentIntent: null,
  };
}

export const taxIdsOf = (world: World, { id }: Customer) =>
  world.state.taxIds.filter(({ customer }) => customer === id).map(({ type, value }) => ({ type, value }));

/** Puts lines on an invoice and adds them up. */
export function setLines(world: World, invoice: Invoice, lines: readonly InvoiceLine[]): void {
  invoice.lines.data = lines.map((line) => ({ ...line, invoice: invoice.id, discounts: invoice.discounts }));
  invoice.total_discount_amounts = applyDiscounts(world, invoice.lines.data, invoice.discounts);
  invoice.subtotal = sum(invoice.lines.data.map(({ amount }) => amount));
  invoice.total = invoice.subtotal - sum(invoice.total_discount_amounts.map(({ amount }) => amount));
  invoice.subtotal_excluding_tax = invoice.subtotal;
  invoice.total_excluding_tax = invoice.total;
  invoice.total_pretax_credit_amounts = invoice.total_discount_amounts.map((one) => ({
    ...one,
    type: "discount",
  }));
  const { due } = settle(invoice.total, invoice.starting_balance);
  invoice.amount_due = due;
  invoice.amount_remaining = due - invoice.amount_paid;
}

/** Counts the usage on a draft again: events of the closed period count until it is final. */
export function refreshUsage(world: World, invoice: Invoice): void {
  if (invoice.status !== "draft") return;
  const seen = new Set<string>();
  const lines = invoice.lines.data.flatMap((line) => {
    const usage = line._usage;
    if (!usage) return [line];
    const key = `${usage.item} ${usage.from} ${usage.price.id}`;
    if (seen.has(key)) return [];
    seen.add(key);
    const details = line.parent.subscription_item_details!;
    const subscription = world.state.subscriptions.get(details.subscription);
    const item = { ...subscription.items.data[0]!, id: usage.item, price: usage.price };
    return usageLines(world, subscription, item, usage.price, { start: usage.from, end: usage.to });
  });
  invoice.starting_balance = world.state.customers.get(invoice.customer).balance;
  setLines(world, invoice, lines);
}

/** Below this Stripe does not charge a card in USD; it goes onto the customer's balance. */
const LEAST_CHARGE_CENTS = 50;

/** A balance above zero is owed, one below is credit. */
export function settle(total: number, balance: number): { due: number; balance: number } {
  const after = total + balance;
  return after < LEAST_CHARGE_CENTS ? { due: 0, balance: after } : { due: after, balance: 0 };
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
