import type { Subscription, SubscriptionItem } from "../core/billing-objects.ts";
import type { World } from "../world.ts";
import { periodOf } from "./create.ts";
import { settleDiscounts } from "./discounts.ts";
import { draftInvoice } from "./invoices.ts";
import { isMetered, licensedLine, usageLines } from "./lines.ts";
import { type boundary, type Period, periodAt } from "./period.ts";
import { enterNextPhase } from "./schedules.ts";
import { changeSubscription, endSubscription } from "./subscription-state.ts";

/**
 * A period is over: usage of it and the seats of the next go onto a draft, which is final about an hour later. Usage of
 * a trial is free.
 */
export function renew(world: World, subscription: Subscription): void {
  const customer = world.state.customers.get(subscription.customer);
  const period = periodOf(subscription);
  const wasTrial = subscription.status === "trialing";
  if (wasTrial && !hasCard(world, subscription)) {
    const { missing_payment_method } = subscription.trial_settings.end_behavior;
    if (missing_payment_method === "cancel") {
      endSubscription(world, subscription, { at: period.end, reason: "cancellation_requested" });
      return;
    }
    if (missing_payment_method === "pause") {
      changeSubscription(world, subscription, () => {
        subscription.status = "paused";
      });
      world.emit("customer.subscription.paused", subscription);
      return;
    }
  }
  const usage = wasTrial ? [] : usageOfItems(world, subscription, subscription.items.data, period.end);
  changeSubscription(world, subscription, () => {
    if (enterNextPhase(world, subscription, period.end) === "ended") return;
    const every = subscription.items.data[0]!.price.recurring!;
    const next = nextPeriod(subscription.billing_cycle_anchor, every, period.end);
    for (const item of subscription.items.data) setPeriod(item, next);
    if (wasTrial) subscription.status = "active";
    const seats = subscription.items.data.filter((item) => !isMetered(item));
    const lines = [...seats.map((item) => licensedLine(world, subscription, item, next)), ...usage];
    const closed = subscription.status === "unpaid";
    const finalizesAt = closed ? null : period.end + world.settings.draftSeconds;
    const invoice = draftInvoice(world, {
      customer,
      subscription,
      reason: "subscription_cycle",
      lines,
      period,
      finalizesAt,
    });
    settleDiscounts(world, subscription, invoice.discounts, period.end);
  });
}

export function usageOfItems(
  world: World,
  subscription: Subscription,
  items: readonly SubscriptionItem[],
  until: number,
) {
  return items
    .filter(isMetered)
    .flatMap((item) =>
      usageLines(world, subscription, item, item.price, { start: item._meteredFrom, end: until }),
    );
}

export const nextPeriod = (anchor: number, every: Parameters<typeof boundary>[1], at: number): Period => ({
  start: at,
  end: periodAt(anchor, every, at).end,
});

export function setPeriod(item: SubscriptionItem, period: Period): void {
  item.current_period_start = period.start;
  item.current_period_end = period.end;
  item._meteredFrom = period.start;
}

/** The wanted end has come: what was used until then goes onto a last invoice, which is a draft for its hour as well. */
export function endAtPlannedTime(world: World, subscription: Subscription): void {
  const customer = world.state.customers.get(subscription.customer);
  const at = subscription.cancel_at!;
  const usage =
    subscription.status === "trialing" ? [] : usageOfItems(world, subscription, subscription.items.data, at);
  endSubscription(world, subscription, { at, reason: "cancellation_requested" });
  if (usage.length === 0) return;
  draftInvoice(world, {
    customer,
    subscription,
    reason: "subscription_cycle",
    lines: usage,
    period: { start: periodOf(subscription).start, end: at },
    finalizesAt: at + world.settings.draftSeconds,
  });
}

const hasCard = (world: World, { default_payment_method, customer }: Subscription) =>
  default_payment_method !== null ||
  world.state.customers.get(customer).invoice_settings.default_payment_method !== null;
