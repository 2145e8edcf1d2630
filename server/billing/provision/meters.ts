import type { Stripe } from "stripe";
import type { MeterName } from "../../../db/schema/index.ts";
import { meterNames } from "../../pricing/index.ts";
import { meterEventName } from "../catalog.ts";
import { creationKey } from "./idempotency.ts";
import type { Report } from "./report.ts";

export type MeterIds = Readonly<Record<MeterName, string>>;

/**
 * Finds our meters by event name and makes those that are missing. They aggregate with `last`: what is pushed is the
 * total of the period, so a push may be repeated. A meter can neither be deleted nor be given another aggregation.
 *
 * @throws Error when a meter of that name aggregates otherwise
 */
export async function provisionMeters(stripe: Stripe, report: Report): Promise<MeterIds> {
  const found = new Map<string, Stripe.Billing.Meter>();
  for await (const meter of stripe.billing.meters.list({ limit: 100 })) {
    // Of one name at most one is active; that one counts.
    if (meter.status === "active" || !found.has(meter.event_name)) found.set(meter.event_name, meter);
  }
  const ids: Partial<Record<MeterName, string>> = {};
  for (const name of meterNames)
    ids[name] = await provision(stripe, name, found.get(meterEventName(name)), report);
  return ids as MeterIds;
}

async function provision(
  stripe: Stripe,
  name: MeterName,
  found: Stripe.Billing.Meter | undefined,
  report: Report,
): Promise<string> {
  const eventName = meterEventName(name);
  const what = `meter ${eventName}`;
  if (!found) {
    const parameters: Stripe.Billing.MeterCreateParams = {
      display_name: `Hotspot ${name}`,
      event_name: eventName,
      default_aggregation: { formula: "last" },
      customer_mapping: { type: "by_id", event_payload_key: "stripe_customer_id" },
      value_settings: { event_payload_key: "value" },
    };
    const { id } = await stripe.billing.meters.create(parameters, {
      idempotencyKey: creationKey(`meter-${name}`, parameters),
    });
    report({ did: "made", what, id });
    return id;
  }
  const { id, default_aggregation: aggregation } = found;
  if (aggregation.formula !== "last") {
    throw new Error(
      `the ${what} (${id}) aggregates with "${aggregation.formula}" and Stripe cannot change that: deactivate it in the dashboard and give it up, or use another Stripe account`,
    );
  }
  if (found.status !== "active") await stripe.billing.meters.reactivate(id);
  report({ did: found.status === "active" ? "kept" : "switched on", what, id });
  return id;
}
