import type { Db } from "../../db/client.ts";
import { bannerOf } from "./banner.ts";
import { findBucketOfHub, type HubHostnameRow, type HubRow, listHostnames, listKeys } from "./internal.ts";
import { progressOf } from "./progress.ts";
import type { HubBucket, HubDetail, HubEvent, HubSnapshot, HubSummary } from "./schemas.ts";

const EVENTS_SHOWN = 50;
const SNAPSHOTS_SHOWN = 100;

/** @param mainHost null: it has none now */
export function toSummary(hub: HubRow, mainHost: string | null): HubSummary {
  const hostname = hub.mode === "self_hosted" ? hub.reported_hostname : mainHost;
  return {
    hubId: hub.hub_id,
    name: hub.name,
    mode: hub.mode,
    state: hub.state,
    health: hub.health,
    banner: bannerOf(hub),
    hostname,
    url: hostname === null ? null : `https://${hostname}`,
    lastReportAt: iso(hub.last_report_at),
    createdAt: hub.created_at.toISOString(),
  };
}

/** Everything about one hub but its secrets. */
export async function readDetail(db: Db, hub: HubRow): Promise<HubDetail> {
  const [hostnames, keys, bucket, events, snapshots] = await Promise.all([
    listHostnames(db, hub),
    listKeys(db, hub),
    findBucketOfHub(db, hub),
    listEvents(db, hub),
    listSnapshots(db, hub),
  ]);
  const wanted = hostnames.filter((hostname) => hostname.wanted);
  return {
    ...toSummary(hub, mainHostOf(hostnames)),
    tokenHint: hub.token_hint,
    serviceUrl: hub.service_url,
    version: hub.version,
    step: hub.step,
    progress: progressOf(hub, events),
    failure: hub.failure,
    nextTryAt: hub.failure === null ? null : iso(hub.next_try_at),
    checks: hub.health_checks,
    lastHealthCheck: iso(hub.last_health_check),
    hostnames: wanted.map((hostname) => ({
      id: hostname.id,
      host: hostname.host,
      main: hostname.is_main,
      serviceUrl: hostname.service_url ?? hub.service_url,
      ready: hostname.dns_record_id !== null,
    })),
    bucket: bucket && (await toBucket(db, hub, bucket)),
    keys: keys.flatMap((key) =>
      key.access_key_id === null || (key.state !== "current" && key.state !== "retiring")
        ? []
        : [
            {
              accessKeyId: key.access_key_id,
              state: key.state,
              createdAt: key.created_at.toISOString(),
              confirmedAt: iso(key.confirmed_at),
              revokeAfter: iso(key.revoke_after),
            },
          ],
    ),
    backup: hub.backup,
    snapshots,
    events,
    hasBackupPassword: hub.sealed_backup_password !== null,
  };
}

export function mainHostOf(hostnames: readonly HubHostnameRow[]): string | null {
  return hostnames.find(({ is_main, wanted }) => is_main && wanted)?.host ?? null;
}

async function toBucket(
  db: Db,
  hub: HubRow,
  bucket: NonNullable<Awaited<ReturnType<typeof findBucketOfHub>>>,
): Promise<HubBucket> {
  const others = await db
    .selectFrom("hubs")
    .select("hub_id")
    .where("tenant_id", "=", hub.tenant_id)
    .where("bucket_id", "=", bucket.id)
    .where("id", "!=", hub.id)
    .orderBy("hub_id")
    .execute();
  return {
    name: bucket.name,
    state: bucket.state as HubBucket["state"],
    deleteAfter: iso(bucket.delete_after),
    sharedWith: others.map(({ hub_id }) => hub_id),
  };
}

async function listEvents(db: Db, hub: HubRow): Promise<HubEvent[]> {
  const rows = await db
    .selectFrom("hub_events")
    .select(["id", "at", "kind", "name", "outcome", "message"])
    .where("tenant_id", "=", hub.tenant_id)
    .where("hub_pk", "=", hub.id)
    .orderBy("id", "desc")
    .limit(EVENTS_SHOWN)
    .execute();
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

async function listSnapshots(db: Db, hub: HubRow): Promise<HubSnapshot[]> {
  const rows = await db
    .selectFrom("hub_snapshots")
    .selectAll()
    .where("tenant_id", "=", hub.tenant_id)
    .where("hub_pk", "=", hub.id)
    .orderBy("taken_at", "desc")
    .limit(SNAPSHOTS_SHOWN)
    .execute();
  return rows.map((row) => ({
    snapshotId: row.snapshot_id,
    takenAt: row.taken_at.toISOString(),
    paths: row.paths,
    files: row.files,
    bytes: row.bytes,
  }));
}

const iso = (date: Date | null) => date?.toISOString() ?? null;
