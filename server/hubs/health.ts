import type { HubCheck, HubHealth } from "../../db/schema/hubs.ts";

/**
 * How a hub is, from what it looked at: all well is ready, nothing well is an error, anything between is degraded. The reason is
 * the sentence of the first check that failed.
 */
export function healthOf(checks: readonly HubCheck[]): { health: HubHealth; reason: string | null } {
  const failing = checks.filter(({ ok }) => !ok);
  const first = failing[0];
  if (!first) return { health: "ready", reason: null };
  return {
    health: failing.length === checks.length ? "error" : "degraded",
    reason: first.message ?? `The check ${first.name} fails`,
  };
}
