import type { Selectable } from "kysely";
import { sql } from "kysely";
import type { Db, Tx } from "../../db/client.ts";
import type { HubBucketsTable, HubHostnamesTable, HubKeysTable, HubsTable } from "../../db/schema/hubs.ts";
import { DomainError } from "../errors.ts";
import { notifyChange } from "../events.ts";

export type HubRow = Selectable<HubsTable>;
export type HubHostnameRow = Selectable<HubHostnamesTable>;
export type HubBucketRow = Selectable<HubBucketsTable>;
export type HubKeyRow = Selectable<HubKeysTable>;

/** One answer for a hub that is not there, was removed, or is another tenant's. */
export function hubNotFound(): DomainError {
  return new DomainError("not_found", "hub_not_found", "there is no such hub", { field: "hubId" });
}

/** @throws DomainError not_found/hub_not_found */
export async function getHubOfTenant(db: Db, tenantId: string, hubId: string): Promise<HubRow> {
  const row = await db
    .selectFrom("hubs")
    .selectAll()
    .where("tenant_id", "=", tenantId)
    .where("hub_id", "=", hubId)
    .where("removed_at", "is", null)
    .executeTakeFirst();
  if (!row) throw hubNotFound();
  return row;
}

/** Locks the hub until the transaction ends. @throws DomainError not_found/hub_not_found */
export async function lockHubOfTenant(tx: Tx, tenantId: string, hubId: string): Promise<HubRow> {
  const row = await tx
    .selectFrom("hubs")
    .selectAll()
    .where("tenant_id", "=", tenantId)
    .where("hub_id", "=", hubId)
    .where("removed_at", "is", null)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw hubNotFound();
  return row;
}

/** Names of a hub that are held, its main one first; those whose record is to be removed too. */
export function listHostnames(db: Db, hub: Pick<HubRow, "id" | "tenant_id">): Promise<HubHostnameRow[]> {
  return db
    .selectFrom("hub_hostnames")
    .selectAll()
    .where("tenant_id", "=", hub.tenant_id)
    .where("hub_pk", "=", hub.id)
    .where("removed_at", "is", null)
    .orderBy("is_main", "desc")
    .orderBy("created_at")
    .orderBy("id")
    .execute();
}

/** Keys of a hub whose token may exist. */
export function listKeys(db: Db, hub: Pick<HubRow, "id" | "tenant_id">): Promise<HubKeyRow[]> {
  return db
    .selectFrom("hub_keys")
    .selectAll()
    .where("tenant_id", "=", hub.tenant_id)
    .where("hub_pk", "=", hub.id)
    .where("state", "!=", "revoked")
    .orderBy("created_at")
    .execute();
}

/** The bucket that holds, or is to hold, the hub's backups. */
export async function findBucketOfHub(db: Db, hub: HubRow): Promise<HubBucketRow | null> {
  if (hub.bucket_id === null) return null;
  const row = await db
    .selectFrom("hub_buckets")
    .selectAll()
    .where("tenant_id", "=", hub.tenant_id)
    .where("id", "=", hub.bucket_id)
    .where("state", "!=", "deleted")
    .executeTakeFirst();
  return row ?? null;
}

/** Managed hubs that a tenant has: what its plan counts. */
export async function countManagedHubs(db: Db, tenantId: string): Promise<number> {
  const { used } = await db
    .selectFrom("hubs")
    .select(sql<number>`count(*)::int`.as("used"))
    .where("tenant_id", "=", tenantId)
    .where("mode", "=", "managed")
    .where("removed_at", "is", null)
    .executeTakeFirstOrThrow();
  return used;
}

/** Tells every process that something of the hub changed. */
export function notifyHub(
  db: Db,
  { tenant_id, hub_id }: Pick<HubRow, "tenant_id" | "hub_id">,
): Promise<void> {
  return notifyChange(db, { type: "hub", tenantId: tenant_id, hubId: hub_id });
}

/** Writes down what happened to a hub, for its history. */
export async function recordHubEvent(
  db: Db,
  hub: Pick<HubRow, "id" | "tenant_id">,
  event: {
    kind: "step" | "health" | "backup" | "key" | "note";
    name: string;
    outcome: "started" | "done" | "failed";
    message?: string | null;
  },
): Promise<void> {
  await db
    .insertInto("hub_events")
    .values({ tenant_id: hub.tenant_id, hub_pk: hub.id, ...event, message: event.message ?? null })
    .execute();
}
