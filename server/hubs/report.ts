import { isDeepStrictEqual } from "node:util";
import { sql } from "kysely";
import { inTransaction, type Tx } from "../../db/client.ts";
import type { HubCaller } from "./authenticate.ts";
import type { HubDeps } from "./deps.ts";
import { healthOf } from "./health.ts";
import {
  type HubRow,
  hubNotFound,
  listHostnames,
  listKeys,
  lockHubOfTenant,
  notifyHub,
  recordHubEvent,
} from "./internal.ts";
import { ReportHubInput, type ReportHubOutput } from "./schemas.ts";
import { mainHostOf } from "./summary.ts";
import { wakeHub } from "./task-kinds.ts";

/**
 * A hub says how it is, and hears what is wanted of it. That it uses a new key is what lets the old one be revoked.
 * @throws DomainError not_found/hub_not_found: the token is another hub's
 */
export async function reportHub(args: {
  caller: HubCaller;
  input: ReportHubInput;
  deps: HubDeps;
}): Promise<ReportHubOutput> {
  const { caller, deps } = args;
  const input = ReportHubInput.parse(args.input);
  if (input.hubId !== caller.hubId) throw hubNotFound();
  return inTransaction(caller.db, async (tx) => {
    const hub = await lockHubOfTenant(tx, caller.tenantId, caller.hubId);
    const { health, reason } = healthOf(input.checks);
    await tx
      .updateTable("hubs")
      .set({
        version: input.version,
        last_report_at: sql<Date>`now()`,
        last_health_check: sql<Date>`now()`,
        health,
        health_reason: reason,
        health_checks: JSON.stringify(input.checks),
        backup: input.backup === null ? null : JSON.stringify(input.backup),
        ...(hub.mode === "self_hosted" && { reported_hostname: input.hostname ?? hub.reported_hostname }),
      })
      .where("id", "=", hub.id)
      .execute();
    if (hub.health !== health || hub.health_reason !== reason) {
      await recordHubEvent(tx, hub, {
        kind: "health",
        name: health,
        outcome: health === "ready" ? "done" : "failed",
        message: reason,
      });
    }
    await noteBackup(tx, hub, input);
    if (input.snapshots) await storeSnapshots(tx, hub, input.snapshots);
    const current = await confirmKey(tx, hub, input.accessKeyId);
    if (isNews(hub, input, health, reason)) await notifyHub(tx, hub);
    const hostnames = await listHostnames(tx, hub);
    const wanted = hostnames.filter((hostname) => hostname.wanted);
    return {
      state: hub.state,
      health,
      accessKeyId: current,
      hostname: mainHostOf(hostnames),
      hostnames: wanted.map(({ host, service_url }) => ({
        host,
        serviceUrl: service_url ?? hub.service_url,
      })),
      reportAfterSeconds: deps.settings.reportAfterSeconds,
      tunnelId: hub.tunnel_id,
    };
  });
}

/** Whether a page that shows the hub would show something else now, beside the time. */
function isNews(hub: HubRow, input: ReportHubInput, health: string, reason: string | null): boolean {
  return (
    hub.last_report_at === null ||
    hub.health !== health ||
    hub.health_reason !== reason ||
    input.snapshots !== undefined ||
    hub.version !== input.version ||
    (input.hostname !== undefined && hub.reported_hostname !== input.hostname) ||
    // Postgres keeps the fields of an object in an order of its own.
    !isDeepStrictEqual(hub.health_checks, input.checks) ||
    !isDeepStrictEqual(hub.backup, input.backup)
  );
}

/** A backup that ended, well or not, is told once. */
async function noteBackup(tx: Tx, hub: HubRow, { backup }: ReportHubInput): Promise<void> {
  if (!backup) return;
  if (backup.state === "failed" && hub.backup?.state !== "failed") {
    await recordHubEvent(tx, hub, {
      kind: "backup",
      name: "backup",
      outcome: "failed",
      message: backup.error,
    });
  } else if (backup.lastAt !== null && backup.lastAt !== hub.backup?.lastAt) {
    await recordHubEvent(tx, hub, { kind: "backup", name: "backup", outcome: "done" });
  }
}

async function storeSnapshots(
  tx: Tx,
  hub: HubRow,
  snapshots: NonNullable<ReportHubInput["snapshots"]>,
): Promise<void> {
  await tx.deleteFrom("hub_snapshots").where("hub_pk", "=", hub.id).execute();
  const byId = new Map(snapshots.map((snapshot) => [snapshot.snapshotId, snapshot]));
  if (byId.size === 0) return;
  await tx
    .insertInto("hub_snapshots")
    .values(
      [...byId.values()].map((snapshot) => ({
        hub_pk: hub.id,
        tenant_id: hub.tenant_id,
        snapshot_id: snapshot.snapshotId,
        taken_at: new Date(snapshot.takenAt),
        paths: snapshot.paths,
        files: snapshot.files,
        bytes: snapshot.bytes,
      })),
    )
    .execute();
}

/** The hub uses the current key: replaced ones have had their time. @returns id of the key that it should use */
async function confirmKey(tx: Tx, hub: HubRow, used: string | null): Promise<string | null> {
  const keys = await listKeys(tx, hub);
  const current = keys.find(({ state }) => state === "current");
  if (!current?.access_key_id) return null;
  if (used !== current.access_key_id) return current.access_key_id;
  const retiring = keys.filter(({ state }) => state === "retiring");
  if (current.confirmed_at === null) {
    await tx
      .updateTable("hub_keys")
      .set({ confirmed_at: sql<Date>`now()` })
      .where("id", "=", current.id)
      .execute();
    await recordHubEvent(tx, hub, { kind: "key", name: "confirmed", outcome: "done" });
    await notifyHub(tx, hub);
  }
  if (retiring.length > 0) {
    await tx
      .updateTable("hub_keys")
      .set({ revoke_after: sql<Date>`now()` })
      .where("hub_pk", "=", hub.id)
      .where("state", "=", "retiring")
      .execute();
    await tx.updateTable("hubs").set({ next_try_at: sql<Date>`now()` }).where("id", "=", hub.id).execute();
    await wakeHub(tx, hub.id);
    await notifyHub(tx, hub);
  }
  return current.access_key_id;
}
