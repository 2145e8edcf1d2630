import type { ChangeHub } from "../change-hub.ts";
import type { SlugRules } from "../endpoints/index.ts";
import { DomainError } from "../errors.ts";
import { requireGoodStanding } from "../tenants/index.ts";
import type { HubCaller } from "./authenticate.ts";
import { requireVault } from "./backup-password.ts";
import type { HubDeps } from "./deps.ts";
import { findBucketOfHub, type HubRow, hubNotFound, listHostnames, listKeys } from "./internal.ts";
import type { EnrollInput, EnrollOutput } from "./schemas.ts";
import { openSecret } from "./secrets.ts";
import { mainHostOf } from "./summary.ts";
import { waitForHub } from "./wait.ts";
import { requireCloudflare, wantOn } from "./want.ts";

/**
 * Gives a hub its tunnel, host name and bucket, or those that it has: any number of times, by any number of callers at once, the
 * same. Everything is made by the job; this wishes for it and waits.
 *
 * @throws DomainError not_found/hub_not_found: token, hub_id and account_id do not belong together; what {@link wantOn} and
 *   {@link waitForHub} throw
 */
export async function enrollHub(args: {
  caller: HubCaller;
  input: EnrollInput;
  deps: HubDeps;
  changes: ChangeHub;
  rules: SlugRules;
}): Promise<EnrollOutput> {
  const { caller, input, deps, changes, rules } = args;
  if (input.hub_id !== caller.hubId || input.account_id !== caller.tenantId) throw hubNotFound();
  requireCloudflare(deps);
  await requireGoodStanding(caller.db, caller.tenantId);
  await caller.db.transaction().execute((tx) =>
    wantOn(
      tx,
      caller,
      {
        hubId: caller.hubId,
        requestedName: input.requested_subdomain ?? null,
        isPersons: false,
        field: "requested_subdomain",
      },
      { deps, rules },
    ),
  );
  return waitForHub({ caller, deps, changes }, (hub) => readEnrollment(hub, { caller, deps }));
}

async function readEnrollment(
  hub: HubRow,
  { caller, deps }: { caller: HubCaller; deps: HubDeps },
): Promise<EnrollOutput | null> {
  if (hub.state === "off" || hub.state === "disabling") {
    throw new DomainError("conflict", "hub_disabling", "it was switched off meanwhile", {
      retryAfterSeconds: 5,
    });
  }
  const { db } = caller;
  const [hostnames, bucket, keys] = await Promise.all([
    listHostnames(db, hub),
    findBucketOfHub(db, hub),
    listKeys(db, hub),
  ]);
  const key = keys.find(({ state }) => state === "current");
  const hostname = mainHostOf(hostnames);
  if (hub.state !== "on" || hub.tunnel_id === null || hub.sealed_tunnel_token === null) return null;
  if (!key?.access_key_id || key.sealed_secret === null || !bucket || hostname === null) return null;
  const vault = requireVault(deps);
  return {
    tunnel_id: hub.tunnel_id,
    tunnel_token: await openSecret.tunnelToken(db, vault, hub, hub.sealed_tunnel_token),
    hostname,
    r2_endpoint: requireCloudflare(deps).endpointOf(bucket),
    r2_bucket: bucket.name,
    r2_access_key_id: key.access_key_id,
    r2_secret_access_key: await openSecret.key(db, vault, key, key.sealed_secret),
  };
}
