import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { badParam, StripeError } from "../core/errors.ts";
import type { Meter, UsageEvent } from "../core/objects.ts";
import { int, params, text } from "../core/params.ts";
import { route } from "../core/routes.ts";
import { reportMeterError } from "../webhooks/meter-errors.ts";
import type { World } from "../world.ts";

const PAST_SECONDS = 35 * 24 * 3600;
const FUTURE_SECONDS = 5 * 60;
const IDENTIFIER_SECONDS = 24 * 3600;
/** Aggregation is in double precision; more digits are refused since 2026-04-22.dahlia. */
const MAX_DIGITS = 15;

/** Customer and meter pairs of the calls that are being carried out, per account. */
const busy = new WeakMap<World, Set<string>>();

interface Wanted {
  event_name: string;
  payload: Record<string, string>;
  identifier?: string | undefined;
  timestamp?: number | undefined;
}

async function recordEvent(world: World, input: Wanted): Promise<object> {
  const meter = meterOf(world, input.event_name);
  const customerId = input.payload[meter.customer_mapping.event_payload_key];
  if (customerId === undefined) {
    const key = meter.customer_mapping.event_payload_key;
    throw badParam(`payload[${key}]`, `Missing required payload key: ${key}.`, "parameter_missing");
  }
  const value = quantityOf(meter, input.payload);
  const now = world.now(customerId);
  const timestamp = input.timestamp ?? now;
  checkTime(timestamp, now);
  const identifier = input.identifier ?? world.id("id", 32);
  const release = takeTurn(world, `${meter.id} ${customerId}`);
  try {
    if (world.settings.meterEventMs > 0) await delay(world.settings.meterEventMs);
    refuseKnown(world, identifier, now);
    const customer = world.state.customers.find(customerId);
    if (customer && !customer.deleted) {
      const event: UsageEvent = {
        id: world.id("mtre"),
        meter: meter.id,
        customer: customerId,
        identifier,
        timestamp,
        value,
        sequence: ++world.sequence,
        visibleAt: now + world.faults.summaryLagSeconds,
        receivedAt: now,
        cancelled: false,
      };
      world.state.usage.add(event);
    } else {
      // Accepted all the same: who the customer is is looked up later, and the error comes as a thin event.
      reportMeterError(world, meter, "meter_event_customer_not_found", identifier);
    }
  } finally {
    release();
  }
  return {
    object: "billing.meter_event",
    created: now,
    event_name: meter.event_name,
    identifier,
    livemode: false,
    payload: input.payload,
    timestamp,
  };
}

function meterOf(world: World, eventName: string): Meter {
  const meter = [...world.state.meters.values()].find(({ event_name }) => event_name === eventName);
  if (!meter) {
    throw new StripeError(400, `No meter found with event name ${eventName}.`, {
      code: "resource_missing",
      param: "event_name",
    });
  }
  if (meter.status === "inactive") {
    const message = `The meter ${meter.id} with event name ${eventName} is inactive and cannot take events.`;
    throw new StripeError(400, message, { code: "archived_meter", param: "event_name" });
  }
  return meter;
}

/** Whole numbers, negative ones too; `count` needs none. */
function quantityOf(meter: Meter, payload: Record<string, string>): number {
  const key = meter.value_settings.event_payload_key;
  const value = payload[key];
  const param = `payload[${key}]`;
  if (value === undefined) {
    if (meter.default_aggregation.formula === "count") return 1;
    throw badParam(param, `Missing required payload key: ${key}.`, "parameter_missing");
  }
  if (!/^-?\d+$/.test(value))
    throw badParam(param, `Invalid value: ${value}. The value must be a whole number.`);
  if (value.replace(/^-?0*/, "").length > MAX_DIGITS) {
    throw badParam(
      param,
      `The value ${value} has more than ${MAX_DIGITS} significant digits.`,
      "meter_event_value_too_many_digits",
    );
  }
  return Number(value);
}

function checkTime(timestamp: number, now: number): void {
  if (timestamp < now - PAST_SECONDS) {
    throw badParam("timestamp", "Timestamp must be within the past 35 days.", "timestamp_too_far_in_past");
  }
  if (timestamp > now + FUTURE_SECONDS) {
    throw badParam(
      "timestamp",
      "Timestamp must not be more than 5 minutes in the future.",
      "timestamp_in_future",
    );
  }
}

/** One call at a time for a customer and meter. */
function takeTurn(world: World, pair: string): () => void {
  const pairs = busy.get(world) ?? new Set();
  busy.set(world, pairs);
  if (pairs.has(pair)) {
    const message =
      "There is another meter event for this customer and meter being processed. Please try again.";
    throw new StripeError(429, message, { code: "rate_limit", shouldRetry: false });
  }
  pairs.add(pair);
  return () => pairs.delete(pair);
}

function refuseKnown(world: World, identifier: string, now: number): void {
  if (world.faults.forgetIdentifiers) return;
  const event = world.state.usage.known(identifier);
  if (!event || now - event.receivedAt >= IDENTIFIER_SECONDS) return;
  const message = `An event already exists with identifier ${identifier}.`;
  throw new StripeError(400, message, { param: "identifier", shouldRetry: false });
}

export const meterEventRoutes = [
  route(
    "POST",
    "/v1/billing/meter_events",
    params({
      event_name: text.max(100),
      identifier: text.max(100).optional(),
      payload: z.record(z.string(), z.string()),
      timestamp: int.optional(),
    }),
    ({ world, input }) => recordEvent(world, input),
  ),
  route(
    "POST",
    "/v1/billing/meter_event_adjustments",
    params({
      cancel: z.strictObject({ identifier: text }).optional(),
      event_name: text,
      type: z.literal("cancel"),
    }),
    ({ world, input }) => {
      const meter = meterOf(world, input.event_name);
      const identifier = input.cancel?.identifier;
      if (identifier === undefined)
        throw badParam("cancel", "Missing required param: cancel.", "parameter_missing");
      const event = world.state.usage.known(identifier);
      if (event?.meter !== meter.id)
        throw badParam("cancel[identifier]", `No event with identifier ${identifier}.`, "resource_missing");
      if (world.now(event.customer) - event.receivedAt >= IDENTIFIER_SECONDS) {
        throw badParam(
          "cancel[identifier]",
          "Events can be cancelled within 24 hours of their receipt only.",
        );
      }
      event.cancelled = true;
      return {
        object: "billing.meter_event_adjustment",
        cancel: { identifier },
        event_name: meter.event_name,
        livemode: false,
        status: "complete",
        type: "cancel",
      };
    },
  ),
];
