import type { Meter } from "../core/objects.ts";
import type { World } from "../world.ts";

/** Reports what was wrong with a meter event that was accepted: a thin event, and nothing else says so. */
export function reportMeterError(world: World, meter: Meter, code: string, identifier: string): void {
  const now = world.clock.now();
  const event = world.state.thinEvents.add({
    id: world.id("evt_test"),
    object: "v2.core.event",
    created: rfc3339(now),
    data: {
      developer_message_summary: "There is 1 invalid event",
      reason: {
        error_count: 1,
        error_types: [
          {
            code,
            error_count: 1,
            sample_errors: [{ error_message: messageOf(code), request: { identifier } }],
          },
        ],
      },
      validation_end: rfc3339(now),
      validation_start: rfc3339(now - 10),
    },
    livemode: false,
    reason: null,
    related_object: { id: meter.id, type: "billing.meter", url: `/v1/billing/meters/${meter.id}` },
    type: "v1.billing.meter.error_report_triggered",
  });
  world.onThinEvent(event);
}

const rfc3339 = (seconds: number) => new Date(seconds * 1000).toISOString();

const messageOf = (code: string) =>
  code === "meter_event_customer_not_found"
    ? "The customer of the event was not found."
    : `The event was refused: ${code}.`;
