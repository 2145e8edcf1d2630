import { collectDefaultMetrics, Histogram, Registry } from "prom-client";

/** What a request was for; few values, so that a label stays cheap. */
export type RequestArea =
  | "page"
  | "asset"
  | "auth"
  | "trpc"
  | "rest"
  | "tenant"
  | "mailbox"
  | "webhook"
  | "other";

export interface PortalMetrics {
  readonly registry: Registry;
  observeRequest(request: { area: RequestArea; method: string; status: number; seconds: number }): void;
}

const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** The portal's numbers, in a registry of their own. */
export function createMetrics(): PortalMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: "hotspot_portal_request_duration_seconds",
    help: "Time from the request's head to the end of its answer",
    labelNames: ["area", "method", "status"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    registers: [registry],
  });
  return {
    registry,
    observeRequest({ area, method, status, seconds }) {
      duration.observe({ area, method: methods.has(method) ? method : "other", status }, seconds);
    },
  };
}
