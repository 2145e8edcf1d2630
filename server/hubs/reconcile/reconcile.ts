import { sql } from "kysely";
import type { Db, Tx } from "../../../db/client.ts";
import { codes, isCloudflareError } from "../../cloudflare/index.ts";
import { notifyHub, recordHubEvent } from "../internal.ts";
import { wantKey } from "../key-row.ts";
import { RECORD_COMMENT } from "../provision/dns.ts";
import type { HubWork } from "../provision/work.ts";
import { wakeHub } from "../task-kinds.ts";

/** What a round found. */
export interface Reconciled {
  /** At Cloudflare, ours by name, and nobody's. */
  removed: number;
  /** In our rows, and gone at Cloudflare: to be made again. */
  missing: number;
  /** Nobody's, but not empty: left for a person. */
  left: number;
}

/**
 * Compares what is ours at Cloudflare, told by its names and comments, with the rows. What belongs to no row any more and is older than
 * a while is removed (it was just made otherwise, and its id is on its way); what a row has and Cloudflare has not is made again. What
 * a row only waits for is left to the step that adopts it. Never touches what is not named as ours, and no bucket with anything in it.
 */
export async function reconcileHubs(work: HubWork): Promise<Reconciled> {
  const found: Reconciled = { removed: 0, missing: 0, left: 0 };
  await reconcileTunnels(work, found);
  await reconcileRecords(work, found);
  await reconcileTokens(work, found);
  await reconcileBuckets(work, found);
  return found;
}

async function reconcileTunnels(work: HubWork, found: Reconciled): Promise<void> {
  const { db, cloudflare } = work;
  const began = await clock(db);
  const held = await cloudflare.tunnels.list("hotspot-hub_");
  const rows = await db
    .selectFrom("hubs")
    .select(["id", "tenant_id", "hub_id", "tunnel_name", "tunnel_id", "state", "enabled_at"])
    .where("tunnel_name", "is not", null)
    .execute();
  const byName = new Map(rows.map((row) => [row.tunnel_name, row]));
  for (const tunnel of held) {
    const row = byName.get(tunnel.name);
    if (row && (row.tunnel_id === null || row.tunnel_id === tunnel.id)) continue;
    if (!isOld(work, tunnel.created_at)) continue;
    work.log.info({ tunnel: tunnel.name, tunnelId: tunnel.id }, "removed a tunnel that nobody has");
    await cloudflare.tunnels.cutConnections(tunnel.id);
    await cloudflare.tunnels.remove(tunnel.id);
    found.removed++;
  }
  const ids = new Set(held.map(({ id }) => id));
  for (const row of rows) {
    if (row.state !== "on" || row.tunnel_id === null || ids.has(row.tunnel_id)) continue;
    if (row.enabled_at === null || row.enabled_at >= began) continue;
    found.missing++;
    await redo(work, row, "The tunnel was gone at Cloudflare; another one is made", async (tx) => {
      await tx
        .updateTable("hubs")
        .set({ tunnel_id: null, sealed_tunnel_token: null, ingress_set_at: null })
        .where("id", "=", row.id)
        .where("tunnel_id", "=", row.tunnel_id)
        .execute();
      await tx
        .updateTable("hub_hostnames")
        .set({ dns_record_id: null })
        .where("hub_pk", "=", row.id)
        .where("removed_at", "is", null)
        .execute();
    });
  }
}

async function reconcileRecords(work: HubWork, found: Reconciled): Promise<void> {
  const { db, cloudflare } = work;
  const began = await clock(db);
  const held = await cloudflare.records.listByComment(RECORD_COMMENT);
  const rows = await db
    .selectFrom("hub_hostnames")
    .innerJoin("hubs", "hubs.id", "hub_hostnames.hub_pk")
    .select(["hub_hostnames.id", "hub_hostnames.dns_record_id", "hub_hostnames.host", "hub_hostnames.wanted"])
    .select(["hubs.id as hub_pk", "hubs.tenant_id", "hubs.hub_id", "hubs.state", "hubs.enabled_at"])
    .where("hub_hostnames.removed_at", "is", null)
    .execute();
  const byComment = new Map(rows.map((row) => [`hotspot:${row.id}`, row]));
  for (const record of held) {
    const row = byComment.get(record.comment ?? "");
    if (row && (row.dns_record_id === null || row.dns_record_id === record.id)) continue;
    if (!isOld(work, record.created_on)) continue;
    work.log.info({ name: record.name }, "removed a DNS record that nobody has");
    await cloudflare.records.remove(record.id);
    found.removed++;
  }
  const ids = new Set(held.map(({ id }) => id));
  for (const row of rows) {
    if (row.state !== "on" || !row.wanted || row.dns_record_id === null || ids.has(row.dns_record_id))
      continue;
    if (row.enabled_at === null || row.enabled_at >= began) continue;
    found.missing++;
    const hub = { id: row.hub_pk, tenant_id: row.tenant_id, hub_id: row.hub_id };
    await redo(work, hub, `The DNS record of ${row.host} was gone; it is set again`, async (tx) => {
      await tx
        .updateTable("hub_hostnames")
        .set({ dns_record_id: null })
        .where("id", "=", row.id)
        .where("dns_record_id", "=", row.dns_record_id)
        .execute();
    });
  }
}

async function reconcileTokens(work: HubWork, found: Reconciled): Promise<void> {
  const { db, cloudflare } = work;
  const began = await clock(db);
  const held = await cloudflare.tokens.list("hotspot-hky_");
  const rows = await db
    .selectFrom("hub_keys")
    .innerJoin("hubs", "hubs.id", "hub_keys.hub_pk")
    .select(["hub_keys.id", "hub_keys.token_name", "hub_keys.access_key_id", "hub_keys.bucket_id"])
    .select(["hub_keys.state", "hub_keys.created_at", "hubs.id as hub_pk", "hubs.tenant_id", "hubs.hub_id"])
    .where("hub_keys.state", "!=", "revoked")
    .execute();
  const byName = new Map(rows.map((row) => [row.token_name, row]));
  for (const token of held) {
    const row = byName.get(token.name);
    // One that is being made is sorted out by its step.
    if (row && (row.access_key_id === null || row.access_key_id === token.id)) continue;
    if (!isOld(work, token.issued_on)) continue;
    work.log.info({ token: token.name }, "removed an API token that nobody has");
    await cloudflare.tokens.remove(token.id);
    found.removed++;
  }
  const ids = new Set(held.map(({ id }) => id));
  for (const row of rows) {
    if (row.access_key_id === null || ids.has(row.access_key_id) || row.created_at >= began) continue;
    if (row.state === "wanted") continue;
    found.missing++;
    const hub = { id: row.hub_pk, tenant_id: row.tenant_id, hub_id: row.hub_id };
    await redo(work, hub, "A key of the bucket was gone at Cloudflare", async (tx) => {
      await tx
        .updateTable("hub_keys")
        .set({ state: "revoked", revoked_at: sql<Date>`now()`, sealed_secret: null })
        .where("id", "=", row.id)
        .execute();
      if (row.state === "current") await wantKey(tx, hub, row.bucket_id);
    });
  }
}

/** In every jurisdiction that buckets were ever made in: a list holds those of one. */
async function reconcileBuckets(work: HubWork, found: Reconciled): Promise<void> {
  const { db, cloudflare } = work;
  const rows = await db.selectFrom("hub_buckets").select(["name", "jurisdiction", "state"]).execute();
  const names = new Set(rows.filter(({ state }) => state !== "deleted").map(({ name }) => name));
  const places = new Set([cloudflare.jurisdiction, ...rows.map(({ jurisdiction }) => jurisdiction)]);
  for (const jurisdiction of places) await removeOrphanBuckets(work, found, { jurisdiction, names });
}

async function removeOrphanBuckets(
  work: HubWork,
  found: Reconciled,
  { jurisdiction, names }: { jurisdiction: string; names: ReadonlySet<string> },
): Promise<void> {
  const { cloudflare, log } = work;
  for (const { name, creation_date } of await cloudflare.buckets.list(jurisdiction, "hotspot-")) {
    if (!/^hotspot-[0-9a-f]{20}$/.test(name) || names.has(name) || !isOld(work, creation_date)) continue;
    try {
      await cloudflare.buckets.remove({ name, jurisdiction });
      log.info({ bucket: name, jurisdiction }, "removed an empty bucket that nobody has");
      found.removed++;
    } catch (error) {
      if (!isCloudflareError(error, codes.bucketNotEmpty)) throw error;
      log.warn(
        { bucket: name, jurisdiction },
        "a bucket that nobody has is not empty: delete it by hand if it is not needed",
      );
      found.left++;
    }
  }
}

/** Lets the hub's own steps make again what is gone. */
async function redo(
  { db, log }: HubWork,
  hub: { id: string; tenant_id: string; hub_id: string },
  message: string,
  forget: (tx: Tx) => Promise<void>,
): Promise<void> {
  log.warn({ hubPk: hub.id, tenantId: hub.tenant_id }, message);
  await db.transaction().execute(async (tx) => {
    await forget(tx);
    await tx.updateTable("hubs").set({ next_try_at: sql<Date>`now()` }).where("id", "=", hub.id).execute();
    await recordHubEvent(tx, hub, { kind: "note", name: "repair", outcome: "started", message });
    await wakeHub(tx, hub.id);
    await notifyHub(tx, hub);
  });
}

/** One without a time is left alone. */
function isOld({ settings }: HubWork, made: string | null | undefined): boolean {
  return made !== null && made !== undefined && Date.now() - Date.parse(made) >= settings.orphanAgeMs;
}

/** What was made after this may be missing in a list that was read before. */
async function clock(db: Db): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db);
  return rows[0]!.now;
}
