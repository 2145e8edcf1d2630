import type { Invoice, InvoiceLine, Subscription, SubscriptionItem } from "../core/billing-objects.ts";
import { badParam, noSuch } from "../core/errors.ts";
import type { World } from "../world.ts";
import { cardError } from "./cards.ts";
import { periodOf } from "./create.ts";
import { nextPeriod, setPeriod, usageOfItems } from "./cycle.ts";
import { settleDiscounts } from "./discounts.ts";
import { draftInvoice } from "./invoices.ts";
import { checkPrice, checkTogether, makeItem } from "./items.ts";
import { isMetered, licensedLine, prorationLine, usageLines } from "./lines.ts";
import { keepPending } from "./pending-items.ts";
import { defaultMethod, finalizeInvoice, payInvoice, voidInvoice } from "./settle-invoice.ts";

export type ProrationBehavior = "create_prorations" | "always_invoice" | "none";

export interface ItemChange {
  readonly id?: string | undefined;
  readonly price?: string | undefined;
  readonly quantity?: number | undefined;
  readonly deleted?: boolean | undefined;
  readonly clear_usage?: boolean | undefined;
  readonly metadata?: Record<string, string> | undefined;
}

export interface Change {
  readonly items: readonly ItemChange[];
  readonly prorationBehavior: ProrationBehavior;
  readonly prorationDate: number | null;
  /** The period starts anew now. */
  readonly resetAnchor: boolean;
  /** `now` ends a trial; a time moves its end. */
  readonly trialEnd: number | "now" | null;
}

/** What a change would make of a subscription, and what it would bill for it. */
export interface Plan {
  readonly items: SubscriptionItem[];
  /** For the time that has begun: credits, charges, usage at prices that are left. */
  readonly lines: InvoiceLine[];
  /** They are invoiced at once, not with the next invoice. */
  readonly invoiced: boolean;
  readonly anchor: number;
  readonly trialEnd: number | null;
}

/**
 * Works out a change without making it; previews use it too.
 *
 * Usage: with the flexible billing mode, usage so far of a metered price that is left is billed with the change, and
 * the new price bills what is stamped after it; in the classic mode it is not billed at all. A cumulative total on a
 * meter with `last` is therefore billed twice when a price is swapped within a period: reset the anchor with it.
 *
 * @throws StripeError 400 for items that are not there, or prices that do not go together
 */
export function planChange(world: World, subscription: Subscription, change: Change): Plan {
  const now = change.prorationDate ?? world.now(subscription.customer);
  const period = periodOf(subscription);
  if (now < period.start || now > period.end)
    throw badParam("proration_date", "The proration date must be within the current period.");
  const old = subscription.items.data;
  const items = changedItems(world, subscription, change, now);
  checkTogether(items.map(({ price }) => price));
  const trialing = subscription.status === "trialing";
  const endsTrial =
    trialing && (change.trialEnd === "now" || (change.resetAnchor && change.trialEnd === null));
  const trialEnd =
    change.trialEnd === "now" || endsTrial ? null : (change.trialEnd ?? subscription.trial_end);
  if (typeof change.trialEnd === "number") {
    for (const item of items) setPeriod(item, { start: item.current_period_start, end: change.trialEnd });
    return { items, lines: [], invoiced: false, anchor: change.trialEnd, trialEnd };
  }
  const every = items[0]!.price.recurring!;
  const rhythm = old[0]!.price.recurring!;
  const reset =
    change.resetAnchor ||
    endsTrial ||
    every.interval !== rhythm.interval ||
    every.interval_count !== rhythm.interval_count;
  const prorates = change.prorationBehavior !== "none";
  if (reset) {
    const next = nextPeriod(now, every, now);
    const usage = trialing || !prorates ? [] : usageOfItems(world, subscription, old, now);
    const credits =
      trialing || !prorates ? [] : seatsOf(old).map((item) => credit(world, subscription, item, now));
    for (const item of items) setPeriod(item, next);
    const seats = seatsOf(items).map((item) => licensedLine(world, subscription, item, next));
    return { items, lines: [...credits, ...seats, ...usage], invoiced: true, anchor: now, trialEnd };
  }
  const changeOf = trialing ? trialLines : changeLines;
  const lines = prorates ? changeOf(world, subscription, old, items, change, now) : [];
  return {
    items,
    lines,
    invoiced: change.prorationBehavior === "always_invoice" && lines.length > 0,
    anchor: subscription.billing_cycle_anchor,
    trialEnd,
  };
}

const seatsOf = (items: readonly SubscriptionItem[]) => items.filter((item) => !isMetered(item));

const credit = (world: World, subscription: Subscription, item: SubscriptionItem, at: number) =>
  prorationLine(world, subscription, item, { price: item.price, quantity: item.quantity ?? 1, sign: -1, at });

function changedItems(
  world: World,
  subscription: Subscription,
  { items }: Change,
  now: number,
): SubscriptionItem[] {
  const result = subscription.items.data.map((item) => ({ ...item }));
  for (const [at, wanted] of items.entries()) {
    const param = `items[${at}]`;
    if (wanted.id === undefined) {
      if (wanted.price === undefined)
        throw badParam(`${param}[price]`, `Missing required param: ${param}[price].`, "parameter_missing");
      const made = makeItem(
        world,
        { ...wanted, price: wanted.price, subscription: subscription.id, metadata: wanted.metadata ?? {} },
        periodOf(subscription),
        now,
        param,
      );
      result.push({ ...made, _meteredFrom: now });
      continue;
    }
    const index = result.findIndex(({ id }) => id === wanted.id);
    if (index < 0) throw noSuch("subscription_item", wanted.id, `${param}[id]`, 400);
    if (wanted.deleted) {
      result.splice(index, 1);
      continue;
    }
    const item = result[index]!;
    const price =
      wanted.price === undefined ? item.price : checkPrice(world, wanted.price, wanted.quantity, param);
    if (wanted.price === undefined) checkPrice(world, item.price.id, wanted.quantity, param);
    const { quantity: oldQuantity, ...rest } = item;
    result[index] = {
      ...rest,
      price,
      metadata: { ...item.metadata, ...wanted.metadata },
      ...(isMetered({ price }) ? {} : { quantity: wanted.quantity ?? oldQuantity ?? 1 }),
      _meteredFrom: price.id === item.price.id ? item._meteredFrom : now,
    };
  }
  if (result.length === 0) throw badParam("items", "A subscription must have at least one active item.");
  return result;
}

/** What a change within a period costs: credits for what is left unused, charges for what takes its place. */
function changeLines(
  world: World,
  subscription: Subscription,
  old: readonly SubscriptionItem[],
  items: readonly SubscriptionItem[],
  change: Change,
  at: number,
): InvoiceLine[] {
  const flexible = subscription.billing_mode.type === "flexible";
  const lines: InvoiceLine[] = [];
  for (const before of old) {
    const after = items.find(({ id }) => id === before.id);
    const same = after?.price.id === before.price.id && after.quantity === before.quantity;
    if (same) continue;
    const cleared = change.items.find(({ id }) => id === before.id)?.clear_usage === true;
    if (!isMetered(before)) lines.push(credit(world, subscription, before, at));
    else if (flexible && !cleared) {
      lines.push(
        ...usageLines(world, subscription, before, before.price, { start: before._meteredFrom, end: at }),
      );
    }
  }
  for (const after of items) {
    const before = old.find(({ id }) => id === after.id);
    const same = before?.price.id === after.price.id && before.quantity === after.quantity;
    if (same || isMetered(after)) continue;
    lines.push(
      prorationLine(world, subscription, after, {
        price: after.price,
        quantity: after.quantity ?? 1,
        sign: 1,
        at,
      }),
    );
  }
  return lines;
}

/** During a trial a change costs nothing, and says so. */
function trialLines(
  world: World,
  subscription: Subscription,
  old: readonly SubscriptionItem[],
  items: readonly SubscriptionItem[],
  _change: Change,
  at: number,
): InvoiceLine[] {
  return seatsOf(items)
    .filter((item) => {
      const before = old.find(({ id }) => id === item.id);
      return before?.price.id !== item.price.id || before.quantity !== item.quantity;
    })
    .map((item) =>
      licensedLine(world, subscription, item, { start: at, end: item.current_period_end }, { free: true }),
    );
}

export type PaymentBehavior =
  | "allow_incomplete"
  | "default_incomplete"
  | "error_if_incomplete"
  | "pending_if_incomplete";

/** How long an update waits for its payment. */
const PENDING_SECONDS = 23 * 3600;

/**
 * Makes a change: bills it at once or keeps its lines for the next invoice.
 * @throws StripeError 402 when the payment fails and `error_if_incomplete` was asked for; then nothing has changed
 */
export function carryOutChange(
  world: World,
  subscription: Subscription,
  change: Change,
  behavior: PaymentBehavior,
): void {
  const plan = planChange(world, subscription, change);
  const now = world.now(subscription.customer);
  const before = structuredClone(subscription);
  const take = () => {
    subscription.items.data = plan.items;
    subscription.billing_cycle_anchor = plan.anchor;
    subscription.trial_end = plan.trialEnd;
    if (plan.trialEnd === null && subscription.status === "trialing") subscription.status = "active";
  };
  if (!plan.invoiced) {
    take();
    for (const line of plan.lines) keepPending(world, subscription, line);
    return;
  }
  if (behavior !== "pending_if_incomplete") take();
  const customer = world.state.customers.get(subscription.customer);
  const period = { start: now, end: now };
  const invoice = draftInvoice(world, {
    customer,
    subscription,
    reason: "subscription_update",
    lines: plan.lines,
    period,
    finalizesAt: null,
  });
  invoice.auto_advance = true;
  settleDiscounts(world, subscription, invoice.discounts, now);
  if (behavior === "pending_if_incomplete") {
    subscription.pending_update = {
      billing_cycle_anchor: plan.anchor === subscription.billing_cycle_anchor ? null : plan.anchor,
      expires_at: now + PENDING_SECONDS,
      subscription_items: plan.items.map(({ id, price, quantity }) => ({
        id,
        price,
        ...(quantity === undefined ? {} : { quantity }),
      })),
      trial_end: plan.trialEnd,
      trial_from_plan: null,
      _invoice: invoice.id,
    };
  }
  finalizeInvoice(world, invoice);
  if (invoice.status !== "open" || behavior === "default_incomplete") return;
  const result = payInvoice(world, invoice, defaultMethod(world, invoice), { customerThere: false });
  if (result !== "succeeded" && behavior === "error_if_incomplete")
    undo(world, subscription, before, invoice);
}

function undo(world: World, subscription: Subscription, before: Subscription, invoice: Invoice): never {
  const error = world.state.paymentIntents.get(invoice._paymentIntent!).last_payment_error;
  voidInvoice(world, invoice);
  Object.assign(subscription, before);
  throw cardError(
    error ?? {
      code: "subscription_payment_intent_requires_action",
      message: "The payment requires additional user action.",
    },
  );
}

/** The payment of an update never came: it is dropped, its invoice with it. */
export function expirePendingUpdate(world: World, subscription: Subscription): void {
  const pending = subscription.pending_update;
  if (!pending) return;
  subscription.pending_update = null;
  const invoice = world.state.invoices.find(pending._invoice);
  if (invoice?.status === "open") voidInvoice(world, invoice);
  world.emit("customer.subscription.pending_update_expired", subscription);
}
