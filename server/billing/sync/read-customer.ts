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
  const customer = await stripe.customers.retrieve(customerId, {
    expand: ["invoice_settings.default_payment_method", "tax_ids"],
  });
  if (customer.deleted) return { customer: null, subscriptions: [], invoices: [] };
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
  return { customer, subscriptions, invoices: await readInvoices(stripe, customerId, invoices) };
}

function readSchedule(stripe: Stripe, id: string): Promise<Stripe.SubscriptionSchedule> {
  return stripe.subscriptionSchedules.retrieve(id, { expand: ["phases.items.price"] });
}
