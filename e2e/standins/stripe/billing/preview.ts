import type { Invoice, Subscription } from "../core/billing-objects.ts";
import type { World } from "../world.ts";
import { periodOf } from "./create.ts";
import { nextPeriod, usageOfItems } from "./cycle.ts";
import { liveDiscounts } from "./discounts.ts";
import { blankInvoice, setLines } from "./invoices.ts";
import { isMetered, licensedLine } from "./lines.ts";
import { pendingLines } from "./pending-items.ts";
import { type Change, planChange } from "./update.ts";

/** What the next invoice of a subscription would be, if it came as things are now. Kept nowhere. */
export function upcomingInvoice(world: World, subscription: Subscription): Invoice {
  return previewInvoice(world, subscription, null);
}

/** What an invoice would be with a change: the one that comes with it, or the next of the rhythm. */
export function previewInvoice(world: World, subscription: Subscription, change: Change | null): Invoice {
  const customer = world.state.customers.get(subscription.customer);
  const now = world.now(customer);
  const plan = change && planChange(world, subscription, change);
  const invoice = blankInvoice(
    world,
    {
      customer,
      subscription,
      reason: plan?.invoiced ? "subscription_update" : "upcoming",
      lines: [],
      period: { start: now, end: now },
      finalizesAt: null,
    },
    `upcoming_${world.id("in")}`,
  );
  invoice.discounts = liveDiscounts(world, subscription, now);
  if (plan?.invoiced) {
    setLines(world, invoice, [...plan.lines, ...pendingLines(world, customer.id, subscription.id)]);
    return invoice;
  }
  const { start, end } = periodOf(subscription);
  invoice.period_start = start;
  invoice.period_end = end;
  invoice.created = end;
  invoice.next_payment_attempt = end + world.settings.draftSeconds;
  const items = plan?.items ?? subscription.items.data;
  const next = nextPeriod(plan?.anchor ?? subscription.billing_cycle_anchor, items[0]!.price.recurring!, end);
  const ends = subscription.cancel_at !== null && subscription.cancel_at <= end;
  const seats = ends
    ? []
    : items.filter((item) => !isMetered(item)).map((item) => licensedLine(world, subscription, item, next));
  const usage = subscription.status === "trialing" ? [] : usageOfItems(world, subscription, items, end);
  setLines(world, invoice, [
    ...(plan?.lines ?? []),
    ...pendingLines(world, customer.id, subscription.id),
    ...seats,
    ...usage,
  ]);
  return invoice;
}
