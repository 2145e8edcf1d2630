import type { Stripe } from "stripe";
import { isRefused } from "../stripe-errors.ts";
import { idOf } from "../sync/times.ts";
import type { Mutation } from "./mutation.ts";
import type { PlanChange } from "./plan-change.ts";

/** Lets a subscription go on as it is: what waited for the end of its period is called off. */
export async function releaseSchedule(
  { stripe }: Mutation,
  subscription: Stripe.Subscription,
): Promise<boolean> {
  const id = idOf(subscription.schedule);
  if (id === null) return false;
  try {
    await stripe.subscriptionSchedules.release(id);
  } catch (error) {
    // It has come to its end by itself meanwhile.
    if (!isRefused(error)) throw error;
  }
  return true;
}

/**
 * Makes a subscription change when its period ends, in place of what waited before. Two steps at Stripe: a schedule that
 * repeats the present, then its second phase. One that broke off between the two changes nothing and is found again.
 */
export async function scheduleChange(
  mutation: Mutation,
  { subscription, prices, plan, seats, periodEnd }: PlanChange,
): Promise<void> {
  const { stripe, tenantId } = mutation;
  const present = idOf(subscription.schedule);
  const schedule =
    present === null
      ? await mutation.order("schedule", { subscription: subscription.id, periodEnd }, (idempotencyKey) =>
          stripe.subscriptionSchedules.create({ from_subscription: subscription.id }, { idempotencyKey }),
        )
      : await stripe.subscriptionSchedules.retrieve(present);
  const running =
    schedule.phases.find(({ start_date }) => start_date === schedule.current_phase?.start_date) ??
    schedule.phases[0]!;
  const discounts = running.discounts.flatMap(keptDiscount);
  const { seat, ...metered } = prices;
  await stripe.subscriptionSchedules.update(schedule.id, {
    end_behavior: "release",
    phases: [
      {
        start_date: running.start_date,
        end_date: Math.floor(periodEnd.getTime() / 1000),
        items: running.items.map(({ price, quantity }) => ({
          price: idOf(price)!,
          ...(quantity === undefined ? {} : { quantity }),
        })),
        discounts,
        proration_behavior: "none",
      },
      {
        duration: { interval: "month", interval_count: 1 },
        items: [{ price: seat, quantity: seats }, ...Object.values(metered).map((price) => ({ price }))],
        discounts,
        proration_behavior: "none",
        metadata: { tenant_id: tenantId, plan },
      },
    ],
  });
}

/** A discount that runs goes on with its own end, instead of starting anew. */
function keptDiscount({
  discount,
  coupon,
}: Stripe.SubscriptionSchedule.Phase.Discount): { discount?: string; coupon?: string }[] {
  const id = idOf(discount);
  if (id !== null) return [{ discount: id }];
  const couponId = idOf(coupon);
  return couponId === null ? [] : [{ coupon: couponId }];
}
