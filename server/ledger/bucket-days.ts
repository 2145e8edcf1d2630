import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../db/client.ts";
import type { MeterTotals } from "../pricing/index.ts";

const DAY_MS = 86_400_000;

/** What a tenant's buckets used, without adjustments. */
export type BucketTotals = Pick<MeterTotals, "storage" | "storage_writes" | "storage_reads">;

interface Range {
  readonly tenantId: string;
  /** Inclusive. */
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
}

/**
 * Sums up the days of a tenant's buckets that start in a range: of each its peak in megabytes, rounded up, and its
 * operations. A day is of UTC.
 */
export async function sumBucketDays(db: Db, range: Range): Promise<BucketTotals> {
  const { rows } = await sql<BucketTotals>`
    select storage::bigint, storage_writes::bigint, storage_reads::bigint
    from (${bucketDaySums(range)}) as sums`.execute(db);
  return rows[0]!;
}

/** The same as a query of one row, for others to use. */
export function bucketDaySums({ tenantId, from, to }: Range): RawBuilder<unknown> {
  return sql`
    select coalesce(sum(ceil(peak_bytes::numeric / 1000000)), 0) as storage,
      coalesce(sum(class_a), 0) as storage_writes, coalesce(sum(class_b), 0) as storage_reads
    from hub_bucket_days
    where tenant_id = ${tenantId} and day >= ${firstDayFrom(from)}::date and day < ${firstDayFrom(to)}::date`;
}

/** The first day of UTC that starts at a time or after it, as `YYYY-MM-DD`. */
function firstDayFrom(time: Date): string {
  return new Date(Math.ceil(time.getTime() / DAY_MS) * DAY_MS).toISOString().slice(0, 10);
}
