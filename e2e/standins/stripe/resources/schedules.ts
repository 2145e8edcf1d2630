import { z } from "zod";
import { periodOf } from "../billing/create.ts";
import { checkPrice } from "../billing/items.ts";
import { boundary } from "../billing/period.ts";
import { closeSchedule } from "../billing/subscription-state.ts";
import type { Schedule, SchedulePhase, Subscription } from "../core/billing-objects.ts";
import { badParam, StripeError } from "../core/errors.ts";
import { bool, int, mergeMetadata, metadata, page, params, text, timestamp } from "../core/params.ts";
import { route } from "../core/routes.ts";
import type { World } from "../world.ts";
import { listed } from "./listed.ts";
import { discountList, proration } from "./subscriptions.ts";

const phase = z.strictObject({
  billing_cycle_anchor: z.enum(["automatic", "phase_start"]).optional(),
  currency: text.optional(),
  description: z.string().optional(),
  discounts: discountList.optional(),
  duration: z
    .strictObject({ interval: z.enum(["day", "week", "month", "year"]), interval_count: int.optional() })
    .optional(),
  end_date: z.union([z.literal("now"), timestamp]).optional(),
  items: z
    .array(z.strictObject({ metadata: metadata.optional(), price: text, quantity: int.optional() }))
    .min(1),
  iterations: int.optional(),
  metadata: metadata.optional(),
  proration_behavior: proration.optional(),
  start_date: z.union([z.literal("now"), timestamp]).optional(),
  trial_end: z.union([z.literal("now"), timestamp]).optional(),
});
type PhaseInput = z.output<typeof phase>;

/** Phases follow each other without a gap; one without an end lasts one period of its prices. */
function phasesOf(world: World, schedule: Schedule, inputs: readonly PhaseInput[]): SchedulePhase[] {
  const now = world.now(schedule.customer);
  let from = schedule.phases[0]?.start_date ?? now;
  return inputs.map((input, at) => {
    const start = input.start_date === undefined ? from : input.start_date === "now" ? now : input.start_date;
    if (start !== from && at > 0) throw badParam(`phases[${at}][start_date]`, "Phases must be contiguous.");
    const items = input.items.map((item, index) => {
      const price = checkPrice(world, item.price, item.quantity, `phases[${at}][items][${index}]`);
      const quantity = price.recurring!.usage_type === "metered" ? {} : { quantity: item.quantity ?? 1 };
      return {
        billing_thresholds: null,
        discounts: [],
        metadata: mergeMetadata({}, item.metadata),
        plan: price.id,
        price: price.id,
        ...quantity,
        tax_rates: [],
      } as const;
    });
    const every = world.state.prices.get(items[0]!.price).recurring!;
    const lasts = input.duration
      ? { interval: input.duration.interval, interval_count: input.duration.interval_count ?? 1 }
      : { ...every, interval_count: every.interval_count * (input.iterations ?? 1) };
    const end = input.end_date === "now" ? now : (input.end_date ?? boundary(start, lasts, 1));
    if (end <= start)
      throw badParam(`phases[${at}][end_date]`, "The end of a phase must be after its start.");
    from = end;
    return {
      add_invoice_items: [],
      billing_cycle_anchor: input.billing_cycle_anchor ?? null,
      currency: world.state.prices.get(items[0]!.price).currency,
      default_payment_method: null,
      description: input.description || null,
      discounts: (input.discounts ?? []).map((one) => ({
        coupon: one.coupon ?? null,
        discount: one.discount ?? null,
        promotion_code: one.promotion_code ?? null,
      })),
      end_date: end,
      items: items as unknown as SchedulePhase["items"],
      metadata: mergeMetadata({}, input.metadata),
      proration_behavior: input.proration_behavior ?? "create_prorations",
      start_date: start,
      trial_end: null,
    };
  });
}

/** A schedule over a running subscription: its first phase is what runs now. */
function fromSubscription(world: World, subscription: Subscription): Schedule {
  if (
    subscription.schedule !== null &&
    world.state.schedules.get(subscription.schedule).status === "active"
  ) {
    throw badParam(
      "from_subscription",
      "You cannot migrate a subscription that is already attached to a schedule.",
    );
  }
  if (subscription.ended_at !== null) throw badParam("from_subscription", "The subscription has ended.");
  const { start, end } = periodOf(subscription);
  const schedule: Schedule = {
    id: world.id("sub_sched"),
    object: "subscription_schedule",
    application: null,
    billing_mode: subscription.billing_mode,
    canceled_at: null,
    completed_at: null,
    created: world.now(subscription.customer),
    current_phase: { end_date: end, start_date: start },
    customer: subscription.customer,
    customer_account: null,
    default_settings: { billing_cycle_anchor: "automatic", collection_method: "charge_automatically" },
    end_behavior: "release",
    livemode: false,
    metadata: {},
    phases: [
      {
        add_invoice_items: [],
        billing_cycle_anchor: null,
        currency: subscription.currency,
        default_payment_method: null,
        description: null,
        discounts: subscription.discounts.map((discount) => ({
          coupon: null,
          discount,
          promotion_code: null,
        })),
        end_date: end,
        items: subscription.items.data.map(({ price, quantity, metadata: kept }) => ({
          billing_thresholds: null,
          discounts: [],
          metadata: kept,
          plan: price.id,
          price: price.id,
          ...(quantity === undefined ? {} : { quantity }),
          tax_rates: [],
        })),
        metadata: {},
        proration_behavior: "create_prorations",
        start_date: start,
        trial_end: subscription.trial_end,
      },
    ],
    released_at: null,
    released_subscription: null,
    status: "active",
    subscription: subscription.id,
    test_clock: subscription.test_clock,
  };
  subscription.schedule = schedule.id;
  world.state.schedules.add(schedule);
  world.emit("subscription_schedule.created", schedule);
  world.emit("customer.subscription.updated", subscription, { schedule: null });
  return schedule;
}

function running(schedule: Schedule): Schedule {
  if (schedule.status === "active" || schedule.status === "not_started") return schedule;
  const message = `You cannot update a subscription schedule that is currently in the \`${schedule.status}\` status.`;
  throw new StripeError(400, message);
}

export const scheduleRoutes = [
  // Only over a running subscription: nothing of ours starts with a schedule.
  route(
    "POST",
    "/v1/subscription_schedules",
    params({ from_subscription: text, metadata: metadata.optional() }),
    ({ world, input }) => {
      const schedule = fromSubscription(
        world,
        world.state.subscriptions.get(input.from_subscription, "from_subscription"),
      );
      schedule.metadata = mergeMetadata({}, input.metadata);
      return schedule;
    },
  ),
  route(
    "GET",
    "/v1/subscription_schedules",
    params({ ...page, customer: text.optional(), scheduled: bool.optional() }),
    ({ world, input }) =>
      listed(
        world.state.schedules,
        input,
        "/v1/subscription_schedules",
        ({ customer }) => input.customer === undefined || customer === input.customer,
      ),
  ),
  route("GET", "/v1/subscription_schedules/:id", params({}), ({ world, path }) =>
    world.state.schedules.get(path.id!),
  ),
  route(
    "POST",
    "/v1/subscription_schedules/:id",
    params({
      end_behavior: z.enum(["release", "cancel"]).optional(),
      metadata: metadata.optional(),
      phases: z.array(phase).min(1).optional(),
      proration_behavior: proration.optional(),
    }),
    ({ world, path, input }) => {
      const schedule = running(world.state.schedules.get(path.id!));
      if (input.phases) schedule.phases = phasesOf(world, schedule, input.phases);
      const now = world.now(schedule.customer);
      const current = schedule.phases.find(({ start_date, end_date }) => start_date <= now && now < end_date);
      if (current) schedule.current_phase = { end_date: current.end_date, start_date: current.start_date };
      if (input.end_behavior) schedule.end_behavior = input.end_behavior;
      schedule.metadata = mergeMetadata(schedule.metadata, input.metadata);
      world.emit("subscription_schedule.updated", schedule);
      return schedule;
    },
  ),
  route(
    "POST",
    "/v1/subscription_schedules/:id/release",
    params({ preserve_cancel_date: bool.optional() }),
    ({ world, path }) => {
      const schedule = running(world.state.schedules.get(path.id!));
      const subscription = world.state.subscriptions.get(schedule.subscription!);
      subscription.schedule = null;
      closeSchedule(schedule, "released", world.now(schedule.customer));
      world.emit("subscription_schedule.released", schedule);
      world.emit("customer.subscription.updated", subscription, { schedule: schedule.id });
      return schedule;
    },
  ),
];
