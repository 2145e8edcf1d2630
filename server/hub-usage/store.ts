import { sql } from "kysely";
import type { Db, Tx } from "../../db/client.ts";
import { applyFetches, type BucketDay, type DayFetch } from "./days.ts";

/** When each day of some buckets was asked for last: by bucket, then by day. */
export async function listFetchedDays(
  db: Db,
  bucketIds: readonly string[],
  since: Date,
): Promise<Map<string, Map<string, Date>>> {
  const found = new Map<string, Map<string, Date>>(bucketIds.map((id) => [id, new Map()]));
  if (bucketIds.length === 0) return found;
  const rows = await db
    .selectFrom("hub_bucket_days")
    .select(["bucket_id", dayText, "fetched_at"])
    .where("bucket_id", "in", bucketIds)
    .where("day", ">=", since.toISOString().slice(0, 10))
    .execute();
  for (const { bucket_id, day, fetched_at } of rows) found.get(bucket_id)!.set(day, fetched_at);
  return found;
}

/**
 * Writes down what was answered about days of a bucket, and what follows from it for days without a sample. May be repeated,
 * and done by several processes at once and in any order: the later answer holds.
 *
 * @returns days that have changed
 */
export async function storeFetches(
  db: Db,
  bucket: { readonly id: string; readonly tenantId: string },
  fetches: readonly DayFetch[],
): Promise<number> {
  const first = fetches.map(({ day }) => day).sort()[0];
  if (first === undefined) return 0;
  return db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`hotspot-bucket-days:${bucket.id}`}, 0))`.execute(
      tx,
    );
    const known = await readDays(tx, bucket.id, first);
    const before = new Map(known.map((day) => [day.day, JSON.stringify(day)]));
    const changed = applyFetches(known, fetches).filter((day) => before.get(day.day) !== JSON.stringify(day));
    if (changed.length > 0) await write(tx, bucket, changed);
    return changed.length;
  });
}

const dayText = sql<string>`to_char(day, 'YYYY-MM-DD')`.as("day");

/** From a day on, and the last one before it. */
async function readDays(tx: Tx, bucketId: string, from: string): Promise<BucketDay[]> {
  const rows = await tx
    .selectFrom("hub_bucket_days")
    .select([dayText, "peak_bytes", "objects", "class_a", "class_b", "sampled_at", "fetched_at"])
    .select((eb) => eb.fn.coalesce("last_bytes", "peak_bytes").as("last_bytes"))
    .where("bucket_id", "=", bucketId)
    .where((eb) =>
      eb(
        "day",
        ">=",
        eb.fn.coalesce(
          eb
            .selectFrom("hub_bucket_days as b")
            .select((of) => of.fn.max("b.day").as("day"))
            .where("b.bucket_id", "=", bucketId)
            .where("b.day", "<", from),
          eb.cast<string>(eb.val(from), "date"),
        ),
      ),
    )
    .orderBy("day")
    .execute();
  return rows.map((row) => ({
    day: row.day,
    peakBytes: row.peak_bytes,
    lastBytes: row.last_bytes,
    objects: row.objects,
    classA: row.class_a,
    classB: row.class_b,
    sampledAt: row.sampled_at,
    fetchedAt: row.fetched_at,
  }));
}

async function write(
  tx: Tx,
  bucket: { readonly id: string; readonly tenantId: string },
  days: readonly BucketDay[],
): Promise<void> {
  await tx
    .insertInto("hub_bucket_days")
    .values(
      days.map((day) => ({
        bucket_id: bucket.id,
        tenant_id: bucket.tenantId,
        day: day.day,
        peak_bytes: day.peakBytes,
        last_bytes: day.lastBytes,
        objects: day.objects,
        class_a: day.classA,
        class_b: day.classB,
        carried: day.sampledAt === null,
        sampled_at: day.sampledAt,
        fetched_at: day.fetchedAt,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(["bucket_id", "day"]).doUpdateSet((eb) => ({
        peak_bytes: eb.ref("excluded.peak_bytes"),
        last_bytes: eb.ref("excluded.last_bytes"),
        objects: eb.ref("excluded.objects"),
        class_a: eb.ref("excluded.class_a"),
        class_b: eb.ref("excluded.class_b"),
        carried: eb.ref("excluded.carried"),
        sampled_at: eb.ref("excluded.sampled_at"),
        fetched_at: eb.ref("excluded.fetched_at"),
      })),
    )
    .execute();
}
