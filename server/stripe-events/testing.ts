import { Registry } from "prom-client";
import { Stripe } from "stripe";
import { createStripeEventMetrics } from "./event-metrics.ts";

export const webhookSecret = "whsec_of_the_test";
export const stripe = new Stripe("sk_test_not_a_real_key", { maxNetworkRetries: 0 });

/** An event as Stripe renders it; every part can be replaced. */
export function makeEvent(given: Record<string, unknown> = {}) {
  return {
    id: `evt_${crypto.randomUUID().replaceAll("-", "")}`,
    object: "event",
    type: "customer.subscription.updated",
    api_version: "2026-10-28.endive",
    created: Math.floor(Date.now() / 1_000),
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    data: { object: { id: "sub_1", object: "subscription", customer: "cus_1", status: "active" } },
    ...given,
  };
}

/** A notification of meter errors. */
export function makeThinEvent(given: Record<string, unknown> = {}) {
  return {
    id: `evt_test_${crypto.randomUUID().replaceAll("-", "")}`,
    object: "v2.core.event",
    type: "v1.billing.meter.error_report_triggered",
    created: new Date().toISOString(),
    livemode: false,
    related_object: { id: "mtr_1", type: "billing.meter", url: "/v1/billing/meters/mtr_1" },
    ...given,
  };
}

/** A body and its signature field, as Stripe sends them. @param at when it is signed; by default now */
export function sign(event: unknown, { secret = webhookSecret, at = new Date() } = {}) {
  const payload = typeof event === "string" ? event : JSON.stringify(event);
  const timestamp = Math.floor(at.getTime() / 1_000);
  const signature = stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
  return { raw: Buffer.from(payload), signature };
}

export interface EventLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** A log and numbers that a test can read. */
export function makeInstruments() {
  const lines: EventLine[] = [];
  const write = (level: string) => (fields: object, message: string) =>
    void lines.push({ ...fields, level, message });
  const registry = new Registry();
  return {
    lines,
    log: { info: write("info"), warn: write("warn"), error: write("error") },
    metrics: createStripeEventMetrics(registry),
    registry,
  };
}
