import type { Route } from "../server/endpoints/index.ts";
import { createDirectTunnel } from "./direct/tunnel.ts";
import type { Log } from "./log.ts";
import type { DirectTunnel } from "./routes/tunnel-registry.ts";

/** Makes direct tunnels for the registry; an upstream that is not acceptable gives none, and a line in the log. */
export function createDirect(headTimeoutMs: number, log: Log): (route: Route) => DirectTunnel | null {
  return ({ endpointId, upstreamBaseUrl }) => {
    if (upstreamBaseUrl === null) return null;
    try {
      return createDirectTunnel({
        endpointId,
        upstreamBaseUrl,
        headTimeoutMs,
        log: (level, message, fields = {}) =>
          log[level === "debug" ? "info" : level]({ endpointId, ...fields }, message),
      });
    } catch (error) {
      log.warn({ err: error, endpointId }, "direct upstream not acceptable");
      return null;
    }
  };
}
