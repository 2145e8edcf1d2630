import type { Metadata, Seconds } from "./objects.ts";

/** A snapshot event, as v1 gives it. */
export interface StripeEvent {
  id: string;
  object: "event";
  api_version: string;
  created: Seconds;
  data: { object: Record<string, unknown>; previous_attributes?: Record<string, unknown> };
  livemode: false;
  pending_webhooks: number;
  request: { id: string | null; idempotency_key: string | null } | null;
  type: string;
}

/** A thin event of v2: what is delivered has no `data`. */
export interface ThinEvent {
  id: string;
  object: "v2.core.event";
  /** RFC 3339. */
  created: string;
  data: Record<string, unknown>;
  livemode: false;
  reason: null;
  related_object: { id: string; type: string; url: string } | null;
  type: string;
}

export interface WebhookEndpoint {
  id: string;
  object: "webhook_endpoint";
  api_version: string | null;
  application: null;
  created: Seconds;
  description: string | null;
  enabled_events: string[];
  livemode: false;
  metadata: Metadata;
  status: "enabled" | "disabled";
  url: string;
  _secret: string;
  /** Gets thin events of v2 and nothing else. */
  _thin: boolean;
}

/** One event on its way to one address. */
export interface Delivery {
  id: string;
  event: string;
  endpoint: string;
  attempts: number;
  state: "waiting" | "delivered" | "lost" | "given_up";
}

export interface TestClock {
  id: string;
  object: "test_helpers.test_clock";
  created: Seconds;
  deletes_after: Seconds;
  frozen_time: Seconds;
  livemode: false;
  name: string | null;
  status: "ready" | "advancing" | "internal_failure";
  status_details: Record<string, unknown>;
}
