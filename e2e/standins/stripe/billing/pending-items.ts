import type { InvoiceItem, InvoiceLine, Subscription } from "../core/billing-objects.ts";
import type { World } from "../world.ts";

/** Keeps a line for the next invoice of its subscription. */
export function keepPending(world: World, subscription: Subscription, line: InvoiceLine): InvoiceItem {
  const item = world.state.invoiceItems.add({
    id: world.id("ii"),
    object: "invoiceitem",
    amount: line.amount,
    currency: line.currency,
    customer: subscription.customer,
    date: world.now(subscription.customer),
    description: line.description,
    discountable: line.discountable,
    discounts: [],
    invoice: null,
    livemode: false,
    metadata: line.metadata,
    net_amount: line.amount,
    parent: {
      subscription_details: {
        subscription: subscription.id,
        subscription_item: line.parent.subscription_item_details?.subscription_item ?? null,
      },
      type: "subscription_details",
    },
    period: line.period,
    pricing: line.pricing,
    proration: line.parent.subscription_item_details?.proration ?? false,
    quantity: line.quantity ?? 1,
    tax_rates: [],
    test_clock: subscription.test_clock,
  });
  world.emit("invoiceitem.created", item);
  return item;
}

/** The lines of what is pending, without taking it. */
export function pendingLines(world: World, customer: string, subscription: string | null): InvoiceLine[] {
  return pending(world, customer, subscription).map((item) => lineOfItem(world, item));
}

/** The lines of what is pending, which from now on belongs to that invoice. */
export function takePendingLines(
  world: World,
  customer: string,
  subscription: string | null,
  invoice: string,
): InvoiceLine[] {
  return pending(world, customer, subscription).map((item) => {
    item.invoice = invoice;
    return lineOfItem(world, item);
  });
}

function pending(world: World, customer: string, subscription: string | null): InvoiceItem[] {
  return world.state.invoiceItems.filter((item) => {
    const owner = item.parent?.subscription_details.subscription ?? null;
    return item.invoice === null && item.customer === customer && (owner === null || owner === subscription);
  });
}

function lineOfItem(world: World, item: InvoiceItem): InvoiceLine {
  const subscription = item.parent?.subscription_details.subscription ?? null;
  const subscriptionItem = item.parent?.subscription_details.subscription_item ?? null;
  return {
    id: world.id("il"),
    object: "line_item",
    amount: item.amount,
    currency: item.currency,
    description: item.description,
    discount_amounts: [],
    discountable: item.discountable,
    discounts: [],
    invoice: null,
    livemode: false,
    metadata: item.metadata,
    parent:
      subscription !== null && subscriptionItem !== null
        ? {
            invoice_item_details: null,
            subscription_item_details: {
              invoice_item: item.id,
              proration: item.proration,
              proration_details: null,
              subscription,
              subscription_item: subscriptionItem,
            },
            type: "subscription_item_details",
          }
        : {
            invoice_item_details: {
              invoice_item: item.id,
              proration: item.proration,
              proration_details: null,
              subscription,
            },
            subscription_item_details: null,
            type: "invoice_item_details",
          },
    period: item.period,
    pretax_credit_amounts: [],
    pricing: item.pricing,
    quantity: item.quantity,
    quantity_decimal: String(item.quantity),
    subscription,
    subtotal: item.amount,
    taxes: [],
    _usage: null,
  };
}
