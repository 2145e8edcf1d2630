import type { HubCaller } from "./authenticate.ts";
import { findBucketOfHub, getHubOfTenant, hubNotFound, listHostnames } from "./internal.ts";
import type { HubStatusOutput } from "./schemas.ts";
import { mainHostOf } from "./summary.ts";

/** What a hub has, and what is wrong with it. @throws DomainError not_found/hub_not_found: the token is another hub's */
export async function getHubStatus(args: {
  caller: HubCaller;
  input: { hub_id: string };
}): Promise<HubStatusOutput> {
  const { caller, input } = args;
  if (input.hub_id !== caller.hubId) throw hubNotFound();
  const hub = await getHubOfTenant(caller.db, caller.tenantId, caller.hubId);
  const [hostnames, bucket] = await Promise.all([
    listHostnames(caller.db, hub),
    findBucketOfHub(caller.db, hub),
  ]);
  const errors = hub.health_checks
    .filter(({ ok }) => !ok)
    .map(({ name, message }) => ({ code: name, message: message ?? `the check ${name} fails` }));
  const isSilent = hub.health === "error" && errors.length === 0;
  return {
    enabled: hub.state === "on" || hub.state === "provisioning",
    hostname: mainHostOf(hostnames),
    tunnel_id: hub.tunnel_id,
    r2_bucket: bucket?.name ?? null,
    last_health_check: hub.last_health_check?.toISOString() ?? null,
    errors: [
      ...(hub.failure === null ? [] : [{ code: hub.failure_code ?? "failed", message: hub.failure }]),
      ...(isSilent ? [{ code: "silent", message: hub.health_reason ?? "nothing heard from the hub" }] : []),
      ...errors,
      ...(bucket?.error ? [{ code: "bucket", message: bucket.error }] : []),
    ],
  };
}
