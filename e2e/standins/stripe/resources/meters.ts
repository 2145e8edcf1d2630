import { z } from "zod";
import { aggregate } from "../billing/usage.ts";
import { badParam, StripeError } from "../core/errors.ts";
import type { Meter } from "../core/objects.ts";
import { int, page, params, text } from "../core/params.ts";
import { route } from "../core/routes.ts";
import { getCustomer } from "./get-customer.ts";
import { listed } from "./listed.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
const MINUTE = 60;

export const meterRoutes = [
  route(
    "POST",
    "/v1/billing/meters",
    params({
      customer_mapping: z.strictObject({ event_payload_key: text, type: z.literal("by_id") }).optional(),
      default_aggregation: z.strictObject({ formula: z.enum(["sum", "count", "last"]) }),
      display_name: text.max(250),
      event_name: text.max(100),
      event_time_window: z.enum(["hour", "day"]).optional(),
      value_settings: z.strictObject({ event_payload_key: text }).optional(),
    }),
    ({ world, input }) => {
      for (const other of world.state.meters.values()) {
        if (other.event_name !== input.event_name) continue;
        const message = `A meter already exists with event name ${input.event_name}.`;
        throw new StripeError(400, message, { code: "resource_already_exists", param: "event_name" });
      }
      const now = world.clock.now();
      const meter: Meter = {
        id: world.id("mtr"),
        object: "billing.meter",
        created: now,
        customer_mapping: input.customer_mapping ?? {
          event_payload_key: "stripe_customer_id",
          type: "by_id",
        },
        default_aggregation: input.default_aggregation,
        display_name: input.display_name,
        event_name: input.event_name,
        event_time_window: input.event_time_window ?? null,
        livemode: false,
        status: "active",
        status_transitions: { deactivated_at: null },
        updated: now,
        value_settings: input.value_settings ?? { event_payload_key: "value" },
      };
      world.emit("billing.meter.created", meter);
      return world.state.meters.add(meter);
    },
  ),
  route(
    "GET",
    "/v1/billing/meters",
    params({ ...page, status: z.enum(["active", "inactive"]).optional() }),
    ({ world, input }) =>
      listed(
        world.state.meters,
        input,
        "/v1/billing/meters",
        ({ status }) => input.status === undefined || status === input.status,
      ),
  ),
  route("GET", "/v1/billing/meters/:id", params({}), ({ world, path }) => world.state.meters.get(path.id!)),
  // Nothing but its title can change: event name and formula are for good.
  route(
    "POST",
    "/v1/billing/meters/:id",
    params({ display_name: text.max(250).optional() }),
    ({ world, path, input }) => {
      const meter = world.state.meters.get(path.id!);
      if (input.display_name !== undefined) meter.display_name = input.display_name;
      meter.updated = world.clock.now();
      world.emit("billing.meter.updated", meter);
      return meter;
    },
  ),
  route("POST", "/v1/billing/meters/:id/deactivate", params({}), ({ world, path }) => {
    const meter = world.state.meters.get(path.id!);
    meter.status = "inactive";
    meter.status_transitions.deactivated_at = world.clock.now();
    world.emit("billing.meter.deactivated", meter);
    return meter;
  }),
  route("POST", "/v1/billing/meters/:id/reactivate", params({}), ({ world, path }) => {
    const meter = world.state.meters.get(path.id!);
    meter.status = "active";
    meter.status_transitions.deactivated_at = null;
    world.emit("billing.meter.reactivated", meter);
    return meter;
  }),
  route(
    "GET",
    "/v1/billing/meters/:id/event_summaries",
    params({
      ...page,
      customer: text,
      start_time: int,
      end_time: int,
      value_grouping_window: z.enum(["hour", "day"]).optional(),
    }),
    ({ world, path, input }) => {
      const meter = world.state.meters.get(path.id!);
      const { id: customer } = getCustomer(world, input.customer, "customer");
      const step = { hour: HOUR, day: DAY }[input.value_grouping_window ?? "hour"];
      const grain = input.value_grouping_window === undefined ? MINUTE : step;
      for (const name of ["start_time", "end_time"] as const) {
        if (input[name] % grain !== 0) {
          const unit = grain === MINUTE ? "minute" : input.value_grouping_window;
          throw badParam(name, `\`${name}\` must be aligned with ${unit} boundaries.`);
        }
      }
      if (input.end_time <= input.start_time)
        throw badParam("end_time", "`end_time` must be after `start_time`.");
      const now = world.now(customer);
      const data: object[] = [];
      const width = input.value_grouping_window === undefined ? input.end_time - input.start_time : step;
      const events = world.state.usage.of(meter.id, customer).filter(({ visibleAt }) => visibleAt <= now);
      for (let from = input.end_time - width; from >= input.start_time; from -= width) {
        const inside = events.filter(({ timestamp }) => timestamp >= from && timestamp < from + width);
        if (inside.length === 0) continue;
        data.push({
          id: `mtrusg_test_${meter.id.slice(4, 12)}${from}`,
          object: "billing.meter_event_summary",
          aggregated_value: Number(aggregate(meter, inside)),
          end_time: from + width,
          livemode: false,
          meter: meter.id,
          start_time: from,
        });
      }
      const start =
        input.starting_after === undefined
          ? 0
          : data.findIndex((one) => (one as { id: string }).id === input.starting_after) + 1;
      return {
        object: "list",
        data: data.slice(start, start + input.limit),
        has_more: data.length > start + input.limit,
        url: `/v1/billing/meters/${meter.id}/event_summaries`,
      };
    },
  ),
];
