import type { Schedule, Subscription } from "../core/billing-objects.ts";
import type { World } from "../world.ts";

/** Changes a subscription and tells what was different before. */
export function changeSubscription(world: World, subscription: Subscription, change: () => void): void {
  const before = structuredClone(subscription);
  change();
  const now = subscription as unknown as Record<string, unknown>;
  const previous = Object.fromEntries(
    Object.entries(before).filter(
      ([name, value]) => !name.startsWith("_") && JSON.stringify(value) !== JSON.stringify(now[name]),
    ),
  );
  if (Object.keys(previous).length > 0) world.emit("customer.subscription.updated", subscription, previous);
}

/** Ends a subscription for good. What it has used and was not billed for is gone unless it was invoiced before. */
export function endSubscription(
  world: World,
  subscription: Subscription,
  { at, reason }: { at: number; reason: "cancellation_requested" | "payment_failed" | "payment_disputed" },
): void {
  subscription.status = "canceled";
  subscription.ended_at = at;
  subscription.canceled_at ??= at;
  subscription.cancellation_details.reason ??= reason;
  subscription.pending_update = null;
  releaseSchedule(world, subscription, at);
  // What is still open is not tried again by itself.
  for (const invoice of world.state.invoices.values()) {
    if (invoice.parent?.subscription_details.subscription !== subscription.id || invoice.status !== "open")
      continue;
    invoice.auto_advance = false;
    invoice.next_payment_attempt = null;
  }
  world.emit("customer.subscription.deleted", subscription);
}

function releaseSchedule(world: World, subscription: Subscription, at: number): void {
  if (subscription.schedule === null) return;
  const schedule = world.state.schedules.get(subscription.schedule);
  if (schedule.status !== "active" && schedule.status !== "not_started") return;
  closeSchedule(schedule, "canceled", at);
  world.emit("subscription_schedule.canceled", schedule);
}

export function closeSchedule(
  schedule: Schedule,
  status: "canceled" | "completed" | "released",
  at: number,
): void {
  schedule.status = status;
  schedule.current_phase = null;
  if (status === "canceled") schedule.canceled_at = at;
  if (status === "completed") schedule.completed_at = at;
  if (status === "released") {
    schedule.released_at = at;
    schedule.released_subscription = schedule.subscription;
    schedule.subscription = null;
  }
}
