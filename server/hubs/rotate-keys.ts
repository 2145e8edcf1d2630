import { sql } from "kysely";
import { inTransaction, type Tx } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import type { ChangeHub } from "../change-hub.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import type { HubCaller } from "./authenticate.ts";
import { requireVault } from "./backup-password.ts";
import type { HubDeps } from "./deps.ts";
import {
  getHubOfTenant,
  type HubRow,
  hubNotFound,
  listKeys,
  lockHubOfTenant,
  notifyHub,
  recordHubEvent,
} from "./internal.ts";
import { wantKey } from "./key-row.ts";
import type { HubDetail, HubInput, RotateKeysInput, RotateKeysOutput } from "./schemas.ts";
import { openSecret } from "./secrets.ts";
import { readDetail } from "./summary.ts";
import { wakeHub } from "./task-kinds.ts";
import { waitForHub } from "./wait.ts";
import { requireCloudflare, requireManaged } from "./want.ts";

/**
 * Replaces the key of a hub's bucket. The new one works before the old one stops, which is when the hub reports that it uses the
 * new one. The hub hears of it at its next report.
 *
 * @throws DomainError not_found/hub_not_found; conflict/hub_not_on; conflict/rotation_waiting: two keys wait to be replaced
 */
export async function rotateHubKeys(args: {
  ctx: RequestContext;
  input: HubInput;
  deps: HubDeps;
}): Promise<HubDetail> {
  const { ctx, input, deps } = args;
  requirePermission(ctx, "hubs:write");
  requireCloudflare(deps);
  return inTransaction(ctx.db, async (tx) => {
    await wantNewKey(tx, ctx, input.hubId);
    return readDetail(tx, await getHubOfTenant(tx, ctx.tenantId, input.hubId));
  });
}

/** The same, asked by the hub itself, which gets the new key in the answer. @throws also what {@link waitForHub} throws */
export async function rotateOwnKeys(args: {
  caller: HubCaller;
  input: RotateKeysInput;
  deps: HubDeps;
  changes: ChangeHub;
}): Promise<RotateKeysOutput> {
  const { caller, input, deps, changes } = args;
  if (input.hub_id !== caller.hubId) throw hubNotFound();
  requireCloudflare(deps);
  const vault = requireVault(deps);
  const wanted = await inTransaction(caller.db, (tx) => wantNewKey(tx, caller, caller.hubId));
  return waitForHub({ caller, deps, changes }, async (hub) => {
    const key = (await listKeys(caller.db, hub)).find(({ id }) => id === wanted);
    if (!key) throw new DomainError("conflict", "hub_not_on", "it was switched off meanwhile");
    if (key.state === "wanted" || !key.access_key_id || !key.sealed_secret) return null;
    return {
      r2_access_key_id: key.access_key_id,
      r2_secret_access_key: await openSecret.key(caller.db, vault, key, key.sealed_secret),
    };
  });
}

/** One that is on its way already is the new one. @returns its row's id */
async function wantNewKey(
  tx: Tx,
  actor: Pick<RequestContext, "tenantId" | "userId" | "requestId">,
  hubId: string,
): Promise<string> {
  const hub = await lockHubOfTenant(tx, actor.tenantId, hubId);
  requireManaged(hub);
  if (hub.state !== "on" || hub.bucket_id === null) {
    throw new DomainError("conflict", "hub_not_on", "Managed Cloudflare is not on for this hub");
  }
  const before = await findWanted(tx, hub);
  if (before !== null) return before;
  await requireFewKeys(tx, hub);
  await wantKey(tx, hub, hub.bucket_id);
  await tx
    .updateTable("hubs")
    .set({ next_try_at: sql<Date>`now()`, failure: null, failure_code: null, failures: 0 })
    .where("id", "=", hub.id)
    .execute();
  await recordHubEvent(tx, hub, { kind: "key", name: "rotate", outcome: "started" });
  await recordAudit(tx, actor, { action: "hub.rotate_keys", subject: hub.id, detail: { hubId } });
  await wakeHub(tx, hub.id);
  await notifyHub(tx, hub);
  return (await findWanted(tx, hub))!;
}

/** A Cloudflare account has 500 tokens for all hubs of all tenants: one hub that never changes over may not take them. */
const MAX_RETIRING = 2;

async function requireFewKeys(tx: Tx, hub: HubRow): Promise<void> {
  const retiring = (await listKeys(tx, hub)).filter(({ state }) => state === "retiring");
  if (retiring.length < MAX_RETIRING) return;
  const first = Math.min(...retiring.map(({ revoke_after }) => revoke_after!.getTime()));
  throw new DomainError(
    "conflict",
    "rotation_waiting",
    "the hub has not changed over to the keys made before: start it on its machine, or wait until the oldest stops",
    { oldestStopsAt: new Date(first).toISOString() },
  );
}

async function findWanted(tx: Tx, hub: HubRow): Promise<string | null> {
  return (await listKeys(tx, hub)).find(({ state }) => state === "wanted")?.id ?? null;
}
