import { sql } from "kysely";
import type { Db, Tx } from "../../../db/client.ts";
import {
  findBucketOfHub,
  type HubBucketRow,
  type HubHostnameRow,
  type HubKeyRow,
  type HubRow,
  listHostnames,
  listKeys,
} from "../internal.ts";

/** A hub with all that decides what is to be done about it. */
export interface Standing {
  readonly hub: HubRow;
  /** Held ones. */
  readonly hostnames: readonly HubHostnameRow[];
  /** Those whose token may exist. */
  readonly keys: readonly HubKeyRow[];
  readonly bucket: HubBucketRow | null;
  /** Of the database. */
  readonly now: Date;
}

/** @returns null: its tenant was deleted */
export async function readStanding(db: Db, hubPk: string, lock = false): Promise<Standing | null> {
  const hub = await db
    .selectFrom("hubs")
    .selectAll()
    .where("id", "=", hubPk)
    .$if(lock, (query) => query.forUpdate())
    .executeTakeFirst();
  if (!hub) return null;
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db);
  return {
    hub,
    hostnames: await listHostnames(db, hub),
    keys: await listKeys(db, hub),
    bucket: await findBucketOfHub(db, hub),
    now: rows[0]!.now,
  };
}

/** The same with the hub locked until the transaction ends. */
export function lockStanding(tx: Tx, hubPk: string): Promise<Standing | null> {
  return readStanding(tx, hubPk, true);
}

const DAY_MS = 86_400_000;

/** When the backups of a hub that is off are deleted; null: it is not off, or has none. */
export function dataDeadline(
  hub: Pick<HubRow, "state" | "bucket_id" | "delete_bucket" | "disabled_at" | "retention_days">,
): Date | null {
  if (hub.state !== "off" || hub.bucket_id === null || hub.disabled_at === null) return null;
  if (hub.delete_bucket) return hub.disabled_at;
  return new Date(hub.disabled_at.getTime() + hub.retention_days * DAY_MS);
}
