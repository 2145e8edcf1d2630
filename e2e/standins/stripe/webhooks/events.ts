import type { StripeEvent, ThinEvent, WebhookEndpoint } from "../core/event-objects.ts";
import { render } from "../core/render.ts";
import type { World } from "../world.ts";
import { asOfVersion } from "./old-versions.ts";

/** Writes an event down. Its object is a copy: what happens to it later is another event. */
export function makeEvent(
  world: World,
  type: string,
  object: object,
  previous: Record<string, unknown> | undefined,
): StripeEvent {
  const testClock = (object as { test_clock?: string | null }).test_clock ?? null;
  const customer = (object as { customer?: string | null }).customer ?? null;
  return world.state.events.add({
    id: world.id("evt"),
    object: "event",
    api_version: world.settings.apiVersion,
    created: testClock === null ? world.now(customer) : world.timeOf(testClock),
    data: {
      object: render(object, [], world.expander),
      ...(previous === undefined ? {} : { previous_attributes: structuredClone(previous) }),
    },
    livemode: false,
    pending_webhooks: 0,
    request: world.request && { id: world.request.id, idempotency_key: world.request.idempotencyKey },
    type,
  });
}

export function wants(endpoint: WebhookEndpoint, event: StripeEvent | ThinEvent): boolean {
  if (endpoint.status !== "enabled" || endpoint._thin !== (event.object === "v2.core.event")) return false;
  return endpoint._thin || endpoint.enabled_events.some((type) => type === "*" || type === event.type);
}

/** What is sent to an endpoint: rendered in the endpoint's own version; thin events without their data. */
export function bodyFor(endpoint: WebhookEndpoint, event: StripeEvent | ThinEvent): string {
  if (event.object === "v2.core.event") {
    const { data: _, ...notification } = event;
    return JSON.stringify(notification);
  }
  const version = endpoint.api_version ?? event.api_version;
  const object = asOfVersion(version, event.data.object);
  return JSON.stringify({ ...event, api_version: version, data: { ...event.data, object } }, null, 2);
}
