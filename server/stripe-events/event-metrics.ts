import { Counter, type Registry } from "prom-client";
import type { RefusalReason, WebhookRoute } from "./verify.ts";

export interface StripeEventMetrics {
  /** `known`: delivered before. */
  countWebhook(route: WebhookRoute, outcome: "stored" | "known" | RefusalReason): void;
  countWorked(outcome: "worked" | "ignored" | "failed"): void;
}

export function createStripeEventMetrics(registry: Registry): StripeEventMetrics {
  const webhooks = new Counter({
    name: "hotspot_stripe_webhooks_total",
    help: "Webhooks that came in, by route and what became of them",
    labelNames: ["route", "outcome"],
    registers: [registry],
  });
  const worked = new Counter({
    name: "hotspot_stripe_events_total",
    help: "Events of Stripe that were worked off; a failed one is tried again",
    labelNames: ["outcome"],
    registers: [registry],
  });
  return {
    countWebhook: (route, outcome) => webhooks.inc({ route, outcome }),
    countWorked: (outcome) => worked.inc({ outcome }),
  };
}
