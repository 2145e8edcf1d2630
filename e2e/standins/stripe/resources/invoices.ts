import { z } from "zod";
import { cardError, resolvePaymentMethod } from "../billing/cards.ts";
import { makeDiscount, unredeem } from "../billing/discounts.ts";
import { blankInvoice, refreshUsage, setLines } from "../billing/invoices.ts";
import { checkTogether, makeItem } from "../billing/items.ts";
import { isMetered, licensedLine, usageLines } from "../billing/lines.ts";
import { boundary } from "../billing/period.ts";
import { previewInvoice } from "../billing/preview.ts";
import {
  cancelPayment,
  defaultMethod,
  finalizeInvoice,
  markPaid,
  payInvoice,
  voidInvoice,
} from "../billing/settle-invoice.ts";
import type { Invoice, Subscription } from "../core/billing-objects.ts";
import { badParam, StripeError } from "../core/errors.ts";
import {
  bool,
  inRange,
  mergeMetadata,
  metadata,
  page,
  params,
  range,
  text,
  timestamp,
} from "../core/params.ts";
import { pageOf, route } from "../core/routes.ts";
import type { World } from "../world.ts";
import { getCustomer } from "./get-customer.ts";
import { listed } from "./listed.ts";
import { anchorChange, discountList, itemChange, proration } from "./subscriptions.ts";

function getInvoice(world: World, id: string): Invoice {
  const invoice = world.state.invoices.get(id);
  refreshUsage(world, invoice);
  return invoice;
}

function wantOpen(invoice: Invoice): void {
  if (invoice.status === "paid")
    throw new StripeError(400, "Invoice is already paid", { code: "invoice_already_paid" });
  if (invoice.status !== "open") {
    throw new StripeError(
      400,
      `This invoice is ${invoice.status}; only an open invoice can be paid or closed.`,
      { code: "invoice_not_editable" },
    );
  }
}

/** Pays by call: the caller is told when the card refuses, as Stripe does with 402. */
function pay(
  world: World,
  invoice: Invoice,
  input: {
    payment_method?: string | undefined;
    paid_out_of_band?: boolean | undefined;
    off_session?: boolean | undefined;
  },
): Invoice {
  if (invoice.status === "draft") finalizeInvoice(world, invoice);
  if (invoice.status === "paid" && invoice.amount_due === 0) return invoice;
  wantOpen(invoice);
  if (input.paid_out_of_band) {
    cancelPayment(world, invoice);
    markPaid(world, invoice, true);
    return invoice;
  }
  const method =
    input.payment_method === undefined
      ? defaultMethod(world, invoice)
      : resolvePaymentMethod(world, input.payment_method, world.now(invoice.customer), "payment_method");
  const result = payInvoice(world, invoice, method, { customerThere: input.off_session === false });
  if (result === "succeeded") return invoice;
  const intent = world.state.paymentIntents.get(invoice._paymentIntent!);
  const advice = {
    code: "invoice_payment_intent_requires_action",
    message: "This payment requires additional user action before it can be completed successfully.",
  };
  throw cardError(intent.last_payment_error ?? advice, {
    payment_intent: { id: intent.id, object: "payment_intent", status: intent.status },
  });
}

const previewFields = params({
  customer: text.optional(),
  currency: text.optional(),
  discounts: discountList.optional(),
  preview_mode: z.enum(["next", "recurring"]).optional(),
  subscription: text.optional(),
  subscription_details: z
    .strictObject({
      billing_cycle_anchor: anchorChange.optional(),
      billing_mode: z.strictObject({ type: z.enum(["classic", "flexible"]) }).optional(),
      cancel_at_period_end: bool.optional(),
      cancel_now: bool.optional(),
      items: z.array(itemChange).optional(),
      proration_behavior: proration.optional(),
      proration_date: timestamp.optional(),
      trial_end: z.union([z.literal("now"), timestamp]).optional(),
    })
    .optional(),
});

function preview(world: World, input: z.output<typeof previewFields>): Invoice {
  const { subscription_details: details } = input;
  if (input.subscription === undefined) return previewNew(world, input);
  const subscription = world.state.subscriptions.get(input.subscription, "subscription");
  if (subscription.ended_at !== null) {
    throw new StripeError(404, "No upcoming invoices for customer", { code: "invoice_upcoming_none" });
  }
  if (!details) return previewInvoice(world, subscription, null);
  return previewInvoice(world, subscription, {
    items: (details.items ?? []).map(({ metadata: given, ...item }) => ({
      ...item,
      metadata: mergeMetadata({}, given),
    })),
    prorationBehavior: details.proration_behavior ?? "create_prorations",
    prorationDate: details.proration_date ?? null,
    resetAnchor: details.billing_cycle_anchor?.type === "now",
    trialEnd: details.trial_end ?? null,
  });
}

/** The first invoice of a subscription that is not there yet. */
function previewNew(world: World, input: z.output<typeof previewFields>): Invoice {
  if (input.customer === undefined)
    throw badParam("customer", "You must provide `customer` or `subscription`.", "parameter_missing");
  const customer = getCustomer(world, input.customer, "customer");
  const items = input.subscription_details?.items ?? [];
  if (items.length === 0)
    throw new StripeError(404, "No upcoming invoices for customer", { code: "invoice_upcoming_none" });
  const now = world.now(customer);
  const prices = items.map((item) =>
    world.state.prices.get(item.price ?? "", "subscription_details[items][0][price]"),
  );
  checkTogether(prices);
  const trialEnd = input.subscription_details?.trial_end;
  const free = typeof trialEnd === "number" && trialEnd > now;
  const period = { start: now, end: free ? trialEnd : boundary(now, prices[0]!.recurring!, 1) };
  const made = items.map((item, at) =>
    makeItem(
      world,
      { price: item.price!, quantity: item.quantity, subscription: "sub_preview" },
      period,
      now,
      `subscription_details[items][${at}]`,
    ),
  );
  const subscription = {
    id: "sub_preview",
    customer: customer.id,
    metadata: {},
    currency: prices[0]!.currency,
    collection_method: "charge_automatically",
  } as Subscription;
  const invoice = blankInvoice(
    world,
    { customer, subscription, reason: "upcoming", lines: [], period, finalizesAt: null },
    `upcoming_${world.id("in")}`,
  );
  const discounts = (input.discounts ?? []).map((one) => makeDiscount(world, one, customer.id, null).id);
  invoice.discounts = discounts;
  setLines(
    world,
    invoice,
    made.flatMap((item) =>
      isMetered(item)
        ? usageLines(world, subscription, item, item.price, { start: now, end: now })
        : [licensedLine(world, subscription, item, period, { free })],
    ),
  );
  invoice.discounts = [];
  // A preview redeems nothing.
  unredeem(world, discounts);
  return invoice;
}

export const invoiceRoutes = [
  route(
    "GET",
    "/v1/invoices",
    params({
      ...page,
      collection_method: text.optional(),
      created: range.optional(),
      customer: text.optional(),
      due_date: range.optional(),
      status: z.enum(["draft", "open", "paid", "uncollectible", "void"]).optional(),
      subscription: text.optional(),
    }),
    ({ world, input }) =>
      listed(world.state.invoices, input, "/v1/invoices", (invoice) => {
        const wanted =
          (input.customer === undefined || invoice.customer === input.customer) &&
          (input.status === undefined || invoice.status === input.status) &&
          (input.created === undefined || inRange(invoice.created, input.created)) &&
          (input.subscription === undefined ||
            invoice.parent?.subscription_details.subscription === input.subscription);
        if (wanted) refreshUsage(world, invoice);
        return wanted;
      }),
  ),
  route("POST", "/v1/invoices/create_preview", previewFields, ({ world, input }) => preview(world, input)),
  route("GET", "/v1/invoices/:id", params({}), ({ world, path }) => getInvoice(world, path.id!)),
  route("GET", "/v1/invoices/:id/lines", params(page), ({ world, path, input }) => {
    const invoice = getInvoice(world, path.id!);
    return pageOf(invoice.lines.data, input, invoice.lines.url, (id, param) => {
      throw badParam(param, `No such line item: '${id}'`, "resource_missing");
    });
  }),
  route(
    "POST",
    "/v1/invoices/:id",
    params({
      auto_advance: bool.optional(),
      description: z.string().optional(),
      metadata: metadata.optional(),
      default_payment_method: z.string().optional(),
      automatically_finalizes_at: timestamp.optional(),
    }),
    ({ world, path, input }) => {
      const invoice = getInvoice(world, path.id!);
      if (input.description !== undefined) invoice.description = input.description || null;
      if (input.default_payment_method !== undefined)
        invoice.default_payment_method = input.default_payment_method || null;
      if (input.auto_advance !== undefined) invoice.auto_advance = input.auto_advance;
      if (input.automatically_finalizes_at !== undefined) {
        if (invoice.status !== "draft")
          throw badParam("automatically_finalizes_at", "Only a draft can be told when to become final.");
        invoice.automatically_finalizes_at = input.automatically_finalizes_at;
        invoice.auto_advance = true;
      }
      invoice.metadata = mergeMetadata(invoice.metadata, input.metadata);
      world.emit("invoice.updated", invoice, {});
      return invoice;
    },
  ),
  route("POST", "/v1/invoices/:id/finalize", params({ auto_advance: bool.optional() }), ({ world, path }) => {
    const invoice = getInvoice(world, path.id!);
    finalizeInvoice(world, invoice);
    return invoice;
  }),
  route(
    "POST",
    "/v1/invoices/:id/pay",
    params({
      off_session: bool.optional(),
      paid_out_of_band: bool.optional(),
      payment_method: text.optional(),
    }),
    ({ world, path, input }) => pay(world, getInvoice(world, path.id!), input),
  ),
  route("POST", "/v1/invoices/:id/void", params({}), ({ world, path }) => {
    const invoice = getInvoice(world, path.id!);
    wantOpen(invoice);
    voidInvoice(world, invoice);
    return invoice;
  }),
  route("POST", "/v1/invoices/:id/mark_uncollectible", params({}), ({ world, path }) => {
    const invoice = getInvoice(world, path.id!);
    wantOpen(invoice);
    invoice.status = "uncollectible";
    invoice.next_payment_attempt = null;
    invoice.status_transitions.marked_uncollectible_at = world.now(invoice.customer);
    world.emit("invoice.marked_uncollectible", invoice);
    return invoice;
  }),
  route(
    "GET",
    "/v1/invoice_payments",
    params({
      ...page,
      invoice: text.optional(),
      payment: z.strictObject({ payment_intent: text.optional(), type: text }).optional(),
    }),
    ({ world, input }) =>
      listed(
        world.state.invoicePayments,
        input,
        "/v1/invoice_payments",
        ({ invoice, payment }) =>
          (input.invoice === undefined || invoice === input.invoice) &&
          (input.payment?.payment_intent === undefined ||
            payment.payment_intent === input.payment.payment_intent),
      ),
  ),
];
