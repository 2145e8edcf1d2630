import type { Subscription } from "../core/billing-objects.ts";
import { badParam, StripeError } from "../core/errors.ts";
import type { World } from "../world.ts";
import { periodOf } from "./create.ts";
import { draftInvoice } from "./invoices.ts";
import { isMetered, prorationLine, usageLines } from "./lines.ts";
import { finalizeAndPay, voidInvoice } from "./settle-invoice.ts";
import { endSubscription } from "./subscription-state.ts";

/**
 * Ends a subscription now. Usage that was not invoiced is dropped unless `invoiceNow` (section 9): then the last
 * invoice is made and collected at once.
 */
export function cancelNow(
  world: World,
  subscription: Subscription,
  options: { invoiceNow: boolean; prorate: boolean },
): void {
  if (subscription.ended_at !== null)
    throw new StripeError(404, `No such subscription: '${subscription.id}'`, {
      code: "resource_missing",
      param: "id",
    });
  const customer = world.state.customers.get(subscription.customer);
  const now = world.now(customer);
  if (subscription.status === "incomplete") {
    voidOpen(world, subscription);
    endSubscription(world, subscription, { at: now, reason: "cancellation_requested" });
    return;
  }
  const items = subscription.items.data;
  const credits =
    options.prorate && subscription.status !== "trialing"
      ? items
          .filter((item) => !isMetered(item))
          .map((item) =>
            prorationLine(world, subscription, item, {
              price: item.price,
              quantity: item.quantity ?? 1,
              sign: -1,
              at: now,
            }),
          )
      : [];
  const usage =
    options.invoiceNow && subscription.status !== "trialing"
      ? items
          .filter(isMetered)
          .flatMap((item) =>
            usageLines(world, subscription, item, item.price, { start: item._meteredFrom, end: now }),
          )
      : [];
  endSubscription(world, subscription, { at: now, reason: "cancellation_requested" });
  if (!options.invoiceNow) return;
  const invoice = draftInvoice(world, {
    customer,
    subscription,
    reason: "subscription_update",
    lines: [...credits, ...usage],
    period: { start: periodOf(subscription).start, end: now },
    finalizesAt: null,
  });
  finalizeAndPay(world, invoice);
}

/** Sets or clears the end of a subscription. Setting one of the two ways clears the other. */
export function setCancellation(
  world: World,
  subscription: Subscription,
  input: {
    cancelAtPeriodEnd?: boolean | undefined;
    cancelAt?: number | "min_period_end" | "max_period_end" | null | undefined;
  },
): void {
  const now = world.now(subscription.customer);
  if (input.cancelAtPeriodEnd !== undefined && input.cancelAt) {
    throw badParam(
      "cancel_at",
      "You may only specify one of these parameters: cancel_at, cancel_at_period_end.",
    );
  }
  if (input.cancelAtPeriodEnd === true) {
    subscription.cancel_at_period_end = true;
    subscription.cancel_at = periodOf(subscription).end;
  } else if (input.cancelAtPeriodEnd === false || input.cancelAt === null) {
    subscription.cancel_at_period_end = false;
    subscription.cancel_at = null;
  } else if (input.cancelAt !== undefined) {
    const at = typeof input.cancelAt === "string" ? periodOf(subscription).end : input.cancelAt;
    if (at <= now) throw badParam("cancel_at", "`cancel_at` must be in the future.");
    subscription.cancel_at = at;
    subscription.cancel_at_period_end = false;
  } else return;
  subscription.canceled_at = subscription.cancel_at === null ? null : now;
  subscription.cancellation_details.reason =
    subscription.cancel_at === null ? null : "cancellation_requested";
}

/** A first payment that never came. */
export function expireIncomplete(world: World, subscription: Subscription): void {
  voidOpen(world, subscription);
  const before = { status: subscription.status };
  subscription.status = "incomplete_expired";
  subscription.ended_at = world.now(subscription.customer);
  world.emit("customer.subscription.updated", subscription, before);
}

function voidOpen(world: World, subscription: Subscription): void {
  for (const invoice of world.state.invoices.values()) {
    if (invoice.parent?.subscription_details.subscription === subscription.id && invoice.status === "open")
      voidInvoice(world, invoice);
  }
}
