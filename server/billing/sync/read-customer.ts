import type { Stripe } from "stripe";
import { readInvoices } from "./read-invoices.ts";
import { idOf } from "./times.ts";

/** A subscription with what waits for the end of its period. */
export interface ReadSubscription {
  readonly subscription: Stripe.Subscription;
  readonly schedule: Stripe.SubscriptionSchedule | null;
}

/** All that Stripe says of a customer, read at one moment. */
export interface CustomerTruth {
  /** null: the customer was deleted there. */
  readonly customer: Stripe.Customer | null;
  /** What is used for subscriptions that name no payment method of their own. */
  readonly card: Stripe.PaymentMethod | null;
  readonly taxIds: readonly Stripe.TaxId[];
  /** Newest first, ended ones too. */
  readonly subscriptions: readonly ReadSubscription[];
  readonly invoices: readonly Stripe.Invoice[];
}

/** Four levels are as deep as Stripe expands. */
const expandSubscription = [
  "data.latest_invoice",
  "data.default_payment_method",
  "data.discounts.source.coupon",
];

/**
 * Reads a customer, its subscriptions and its invoices.
 * @param invoices see `readInvoices`
 */
export async function readCustomer(
  stripe: Stripe,
  customerId: string,
  invoices: { readonly since: Date | null; readonly alsoIds: readonly string[] },
): Promise<CustomerTruth> {
  // Nothing is expanded: of a deleted customer there is nothing to expand.
  const customer = await stripe.customers.retrieve(customerId);
  if (customer.deleted) return { customer: null, card: null, taxIds: [], subscriptions: [], invoices: [] };
  const card = idOf(customer.invoice_settings.default_payment_method);
  const subscriptions: ReadSubscription[] = [];
  const list = stripe.subscriptions.list({
    customer: customerId,
    status: "all",
    limit: 100,
    expand: expandSubscription,
  });
  for await (const subscription of list) {
    const schedule = idOf(subscription.schedule);
    subscriptions.push({
      subscription,
      schedule: schedule === null ? null : await readSchedule(stripe, schedule),
    });
  }
  return {
    customer,
    card: card === null ? null : await stripe.paymentMethods.retrieve(card),
    taxIds: await readTaxIds(stripe, customerId),
    subscriptions,
    invoices: await readInvoices(stripe, customerId, invoices),
  };
}

/** All tax ids of a customer that is there. */
export async function readTaxIds(stripe: Stripe, customerId: string): Promise<Stripe.TaxId[]> {
  const taxIds: Stripe.TaxId[] = [];
  for await (const taxId of stripe.customers.listTaxIds(customerId, { limit: 100 })) taxIds.push(taxId);
  return taxIds;
}

function readSchedule(stripe: Stripe, id: string): Promise<Stripe.SubscriptionSchedule> {
  return stripe.subscriptionSchedules.retrieve(id, { expand: ["phases.items.price"] });
}
