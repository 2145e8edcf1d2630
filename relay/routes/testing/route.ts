import type { Route } from "../../../server/endpoints/index.ts";

/** A route of a free tenant, for tests. */
export function makeRoute(changes: Partial<Route> = {}): Route {
  return {
    endpointId: "ep_1",
    tenantId: "ten_1",
    slug: "acme",
    state: "active",
    stateReason: null,
    requireAccessKey: false,
    endpointTokenHash: "0".repeat(64),
    upstreamBaseUrl: null,
    usageMode: "ask",
    limits: {
      maxBodyBytes: 1_000_000,
      maxHeadBytes: 32_768,
      maxTargetBytes: 16_384,
      maxConnectors: 2,
      maxConcurrentRequests: 100,
      requestsPerMinute: null,
    },
    ...changes,
  };
}
