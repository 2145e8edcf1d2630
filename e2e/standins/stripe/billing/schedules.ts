import type { Schedule, Subscription } from "../core/billing-objects.ts";
import type { World } from "../world.ts";
import { periodOf } from "./create.ts";
import { makeDiscount } from "./discounts.ts";
import { makeItem } from "./items.ts";
import { isMetered } from "./lines.ts";
import { closeSchedule, endSubscription } from "./subscription-state.ts";

/** The schedule that steers a subscription, if one does. */
export function scheduleOf(world: World, subscription: Subscription): Schedule | null {
  const schedule =
    subscription.schedule === null ? undefined : world.state.schedules.find(subscription.schedule);
  return schedule?.status === "active" ? schedule : null;
}

/**
 * At a period's end: moves to the phase that starts now, with its items, or leaves the schedule behind after the last.
 * @returns `ended` when the schedule ends the subscription with itself
 */
export function enterNextPhase(world: World, subscription: Subscription, at: number): "ended" | "goes_on" {
  const schedule = scheduleOf(world, subscription);
  if (!schedule) return "goes_on";
  const phase = schedule.phases.find(({ start_date, end_date }) => start_date <= at && at < end_date);
  if (!phase) {
    subscription.schedule = null;
    if (schedule.end_behavior === "cancel") {
      closeSchedule(schedule, "completed", at);
      endSubscription(world, subscription, { at, reason: "cancellation_requested" });
      return "ended";
    }
    closeSchedule(schedule, "released", at);
    world.emit("subscription_schedule.released", schedule);
    return "goes_on";
  }
  if (schedule.current_phase?.start_date === phase.start_date) return "goes_on";
  schedule.current_phase = { start_date: phase.start_date, end_date: phase.end_date };
  const old = subscription.items.data;
  subscription.items.data = phase.items.map((wanted, index) => {
    const kept = old.find(({ price }) => price.id === wanted.price);
    if (!kept) {
      const input = { price: wanted.price, quantity: wanted.quantity, subscription: subscription.id };
      return makeItem(world, input, periodOf(subscription), at, `items[${index}]`);
    }
    if (!isMetered(kept)) kept.quantity = wanted.quantity ?? 1;
    return kept;
  });
  // Those that it names by their id go on with their own end; others begin with the phase.
  subscription.discounts = phase.discounts.map((one) => {
    const given = Object.entries(one).filter(([, id]) => id !== null);
    return makeDiscount(world, Object.fromEntries(given), subscription.customer, subscription.id).id;
  });
  subscription.metadata = { ...subscription.metadata, ...phase.metadata };
  world.emit("subscription_schedule.updated", schedule);
  return "goes_on";
}
