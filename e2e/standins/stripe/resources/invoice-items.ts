import { z } from "zod";
import type { InvoiceItem } from "../core/billing-objects.ts";
import { StripeError } from "../core/errors.ts";
import { int, mergeMetadata, metadata, page, params, text, timestamp } from "../core/params.ts";
import { route } from "../core/routes.ts";
import { getCustomer } from "./get-customer.ts";
import { listed } from "./listed.ts";

export const invoiceItemRoutes = [
  route(
    "POST",
    "/v1/invoiceitems",
    params({
      amount: int,
      currency: text,
      customer: text,
      description: text.optional(),
      metadata: metadata.optional(),
      period: z.strictObject({ start: timestamp, end: timestamp }).optional(),
      subscription: text.optional(),
    }),
    ({ world, input }) => {
      const customer = getCustomer(world, input.customer, "customer");
      const now = world.now(customer);
      const subscription =
        input.subscription === undefined
          ? null
          : world.state.subscriptions.get(input.subscription, "subscription");
      const item: InvoiceItem = {
        id: world.id("ii"),
        object: "invoiceitem",
        amount: input.amount,
        currency: input.currency,
        customer: customer.id,
        date: now,
        description: input.description ?? "",
        discountable: input.amount > 0,
        discounts: [],
        invoice: null,
        livemode: false,
        metadata: mergeMetadata({}, input.metadata),
        net_amount: input.amount,
        parent: subscription && {
          subscription_details: { subscription: subscription.id, subscription_item: null },
          type: "subscription_details",
        },
        period: input.period ?? { start: now, end: now },
        pricing: null,
        proration: false,
        quantity: 1,
        tax_rates: [],
        test_clock: customer.test_clock,
      };
      world.emit("invoiceitem.created", item);
      return world.state.invoiceItems.add(item);
    },
  ),
  route(
    "GET",
    "/v1/invoiceitems",
    params({
      ...page,
      customer: text.optional(),
      pending: z.enum(["true", "false"]).optional(),
      invoice: text.optional(),
    }),
    ({ world, input }) =>
      listed(
        world.state.invoiceItems,
        input,
        "/v1/invoiceitems",
        ({ customer, invoice }) =>
          (input.customer === undefined || customer === input.customer) &&
          (input.invoice === undefined || invoice === input.invoice) &&
          (input.pending === undefined || (invoice === null) === (input.pending === "true")),
      ),
  ),
  route("GET", "/v1/invoiceitems/:id", params({}), ({ world, path }) =>
    world.state.invoiceItems.get(path.id!),
  ),
  route("DELETE", "/v1/invoiceitems/:id", params({}), ({ world, path }) => {
    const item = world.state.invoiceItems.get(path.id!);
    if (item.invoice !== null)
      throw new StripeError(400, "This invoice item is on an invoice already and cannot be deleted.");
    world.state.invoiceItems.delete(item.id);
    world.emit("invoiceitem.deleted", item);
    return { id: item.id, object: "invoiceitem", deleted: true };
  }),
];
