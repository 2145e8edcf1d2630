import type { Stripe } from "stripe";
import { DomainError } from "../../errors.ts";
import { requestMeterNames } from "../../pricing/index.ts";
import { itemOfPrice, type PlanItem, type PlanPrices, planItems } from "../catalog.ts";
import { type PaidPlan, type PlanChangeInput, paidPlans } from "../schemas.ts";
import { dateOf, idOf } from "../sync/times.ts";
import type { Mutation } from "./mutation.ts";
import { seatsFor } from "./seats-for.ts";

/** `now`: more, charged in proportion. `period_end`: less. `keep`: calls off what waits. `none`: all is so already. */
export type ChangeEffect = "now" | "period_end" | "keep" | "none";

/** A change that was thought through against the subscription as Stripe has it now. */
export interface PlanChange {
  readonly subscription: Stripe.Subscription;
  readonly effect: ChangeEffect;
  readonly plan: PaidPlan;
  readonly seats: number;
  readonly prices: PlanPrices;
  /** What the subscription's items become: its present ones with other prices, and those that it lacks. */
  readonly items: { id?: string; price: string; quantity?: number }[];
  /**
   * Another plan has other prices for usage. Usage is reported as a total of the period, so prices change only where a
   * period does: the present one ends now, with an invoice for its usage and credit for what is left of it.
   */
  readonly startsPeriod: boolean;
  /** It takes effect at once and costs something: not so during a trial. */
  readonly charges: boolean;
  readonly periodStart: Date;
  readonly periodEnd: Date;
}

/**
 * Reads the subscription and tells what a wish means for it. More (a higher plan, or more seats of the same one) takes
 * effect at once; less takes effect when what is paid for is used up, and during a trial at once, because nothing is.
 *
 * @throws DomainError precondition/no_subscription; conflict/subscription_foreign, subscription_ending;
 *   precondition/payment_required; limit/seat_limit; conflict/seats_in_use; precondition/catalog_missing
 */
export async function planChange(mutation: Mutation, input: PlanChangeInput): Promise<PlanChange> {
  const subscription = await mutation.readSubscription();
  requireChangeable(subscription);
  const present = presentItems(subscription);
  const plan = input.plan ?? present.plan;
  const seats = await seatsFor(
    mutation,
    plan,
    input.seats ?? (plan === present.plan ? present.seats : undefined),
  );
  const isSame = plan === present.plan && planItems.every((item) => present.prices[item] !== undefined);
  const prices = {
    ...(isSame ? null : await mutation.billing.catalog.pricesOf(plan)),
    ...(plan === present.plan ? present.prices : null),
  } as PlanPrices;
  const effect = effectOf({ subscription, present, plan, seats });
  const seatItem = subscription.items.data.find(({ id }) => id === present.ids.seat)!;
  return {
    subscription,
    effect,
    charges: effect === "now" && subscription.status !== "trialing",
    startsPeriod: effect === "now" && plan !== present.plan && subscription.status !== "trialing",
    plan,
    seats,
    prices,
    items: planItems.map((item) => ({
      ...(present.ids[item] === undefined ? {} : { id: present.ids[item] }),
      price: prices[item],
      ...(item === "seat" ? { quantity: seats } : {}),
    })),
    periodStart: dateOf(seatItem.current_period_start),
    periodEnd: dateOf(seatItem.current_period_end),
  };
}

function effectOf(change: {
  subscription: Stripe.Subscription;
  present: { plan: PaidPlan; seats: number };
  plan: PaidPlan;
  seats: number;
}): ChangeEffect {
  const { subscription, present, plan, seats } = change;
  const rank = paidPlans.indexOf(plan) - paidPlans.indexOf(present.plan);
  if (rank === 0 && seats === present.seats) return idOf(subscription.schedule) === null ? "none" : "keep";
  const isMore = rank > 0 || (rank === 0 && seats > present.seats);
  return isMore || subscription.status === "trialing" ? "now" : "period_end";
}

/** @throws DomainError when the subscription is in no state to be changed */
function requireChangeable({ status, cancel_at, cancel_at_period_end }: Stripe.Subscription): void {
  if (status !== "active" && status !== "trialing") {
    throw new DomainError(
      "precondition",
      "payment_required",
      "an invoice is unpaid: pay it first, then change the plan",
      { status },
    );
  }
  if (cancel_at !== null || cancel_at_period_end) {
    throw new DomainError(
      "conflict",
      "subscription_ending",
      "the subscription ends with its period: resume it first, then change it",
    );
  }
}

/** The items of a subscription by what they are. @throws DomainError conflict/subscription_foreign */
function presentItems(subscription: Stripe.Subscription) {
  const ids: Partial<Record<PlanItem, string>> = {};
  const prices: Partial<Record<PlanItem, string>> = {};
  let seat: { plan: PaidPlan; seats: number } | null = null;
  for (const { id, price, quantity } of subscription.items.data) {
    const found = itemOfPrice(price.metadata);
    if (!found) continue;
    ids[found.item] = id;
    prices[found.item] = price.id;
    if (found.item === "seat") seat = { plan: found.plan, seats: quantity ?? 1 };
  }
  // Those of backups came later: a subscription from before may not have them yet.
  if (!seat || requestMeterNames.some((item) => ids[item] === undefined)) {
    throw new DomainError(
      "conflict",
      "subscription_foreign",
      "this subscription was made by hand at Stripe: ask us to change it",
    );
  }
  return { ...seat, ids, prices };
}
