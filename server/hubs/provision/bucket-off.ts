import { sql } from "kysely";
import type { Tx } from "../../../db/client.ts";
import { prefixOf } from "../bucket-row.ts";
import { notifyHub, recordHubEvent } from "../internal.ts";
import { dataDeadline, lockStanding } from "./standing.ts";
import type { StepContext } from "./step-context.ts";

/** The last step of switching off: the backups stay until their time, and a bucket that no hub uses is told when it goes. */
export async function keepData({ db, hub }: StepContext): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await tx.updateTable("hubs").set({ state: "off", step: null }).where("id", "=", hub.id).execute();
    if (hub.bucket_id !== null) await noteRetention(tx, hub.bucket_id);
    await recordHubEvent(tx, hub, { kind: "note", name: "off", outcome: "done" });
  });
}

/** Locks the bucket. One that only hubs use that are off is kept as long as the last of them wants. */
async function noteRetention(tx: Tx, bucketId: string): Promise<void> {
  await tx.selectFrom("hub_buckets").select("id").where("id", "=", bucketId).forUpdate().execute();
  const hubs = await tx.selectFrom("hubs").selectAll().where("bucket_id", "=", bucketId).execute();
  const deadlines = hubs.map((hub) => dataDeadline(hub)?.getTime() ?? Number.POSITIVE_INFINITY);
  const last = Math.max(...deadlines);
  if (hubs.length === 0 || last === Number.POSITIVE_INFINITY) return;
  await tx
    .updateTable("hub_buckets")
    .set({ state: "retained", delete_after: new Date(last) })
    .where("id", "=", bucketId)
    .where("state", "in", ["wanted", "ready", "retained"])
    .execute();
}

/**
 * Deletes the backups of a hub whose time has come: its own in a bucket that others use, the bucket with everything otherwise. The marks
 * that are set before (`step` of the hub, `emptying` of the bucket) keep it from being switched on meanwhile.
 */
export async function deleteData(context: StepContext): Promise<void> {
  const { db, hub, cloudflare } = context;
  const whole = await db.transaction().execute((tx) => claim(tx, hub.id));
  if (whole === null) return;
  const bucket = context.bucket;
  if (bucket) {
    const objects = await cloudflare.openOwnStore(bucket);
    try {
      await objects.deleteAll(bucket.name, whole ? "" : `${prefixOf(hub)}/`);
    } finally {
      objects.close();
    }
    if (whole) await cloudflare.buckets.remove(bucket);
  }
  await db.transaction().execute(async (tx) => {
    const others = await otherHubs(tx, { bucketId: hub.bucket_id!, hubPk: hub.id });
    // The others went while this one's part was deleted: the step comes again, for the whole bucket.
    if (!whole && others === 0) return;
    await tx
      .updateTable("hubs")
      .set({ bucket_id: null, step: null, sealed_backup_password: null, delete_bucket: false, backup: null })
      .where("id", "=", hub.id)
      .execute();
    await tx.deleteFrom("hub_snapshots").where("hub_pk", "=", hub.id).execute();
    if (whole && bucket) {
      await tx
        .updateTable("hub_buckets")
        .set({ state: "deleted", deleted_at: sql<Date>`now()`, error: null })
        .where("id", "=", bucket.id)
        .execute();
    } else if (hub.bucket_id !== null) await noteRetention(tx, hub.bucket_id);
    await recordHubEvent(tx, hub, { kind: "note", name: "backups_deleted", outcome: "done" });
    await notifyHub(tx, hub);
  });
}

/** @returns whether the whole bucket goes; null: it is not to be deleted any more */
async function claim(tx: Tx, hubPk: string): Promise<boolean | null> {
  const standing = await lockStanding(tx, hubPk);
  const deadline = standing && dataDeadline(standing.hub);
  if (!standing || !deadline || deadline > standing.now) return null;
  await tx.updateTable("hubs").set({ step: "data" }).where("id", "=", hubPk).execute();
  const bucketId = standing.hub.bucket_id!;
  if ((await otherHubs(tx, { bucketId, hubPk })) > 0) return false;
  await tx
    .updateTable("hub_buckets")
    .set({ state: "emptying" })
    .where("id", "=", bucketId)
    .where("state", "!=", "deleted")
    .execute();
  return true;
}

/** Locks the bucket, so that two hubs that leave at once see each other. @returns how many others have data there */
async function otherHubs(tx: Tx, { bucketId, hubPk }: { bucketId: string; hubPk: string }): Promise<number> {
  await tx.selectFrom("hub_buckets").select("id").where("id", "=", bucketId).forUpdate().execute();
  const { count } = await tx
    .selectFrom("hubs")
    .select(sql<number>`count(*)::int`.as("count"))
    .where("bucket_id", "=", bucketId)
    .where("id", "!=", hubPk)
    .executeTakeFirstOrThrow();
  return count;
}
