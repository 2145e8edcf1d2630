import { sql } from "kysely";
import { type RequestContext, requirePermission } from "../context.ts";
import { getPeriodTotals } from "../ledger/index.ts";
import { type Range, requireLength } from "./range.ts";
import { reportRange } from "./report-range.ts";
import type { StorageDay, StorageDaysInput, StorageDaysOutput } from "./schemas.ts";

/**
 * The days behind the storage of a billing period, newest first: those of the tenant's buckets, former ones too, that start
 * in the range. They and the corrections add up to the totals, and so to the lines of an invoice.
 *
 * @throws DomainError invalid/invalid_range, invalid/range_too_long, invalid/invalid_time_zone
 */
export async function listStorageDays(args: {
  ctx: RequestContext;
  input: StorageDaysInput;
  now?: Date;
}): Promise<StorageDaysOutput> {
  const { ctx, input, now = new Date() } = args;
  requirePermission(ctx, "usage:read");
  const { from, to } = await storageRange(ctx, input, now);
  const [days, totals] = await Promise.all([
    readStorageDays(ctx, { from, to }),
    getPeriodTotals(ctx.db, { tenantId: ctx.tenantId, from, to }),
  ]);
  const sum = (of: (day: StorageDay) => number) => days.reduce((all, day) => all + of(day), 0);
  const { storage, storage_writes, storage_reads } = totals;
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    days: days.reverse(),
    adjustments: {
      storage: storage - sum((day) => day.megabytes),
      storage_writes: storage_writes - sum((day) => day.writes),
      storage_reads: storage_reads - sum((day) => day.reads),
    },
    totals: { storage, storage_writes, storage_reads },
  };
}

/** Days are those of UTC, whatever the zone of the reader. */
export async function storageRange(
  ctx: RequestContext,
  input: { from?: string | undefined; to?: string | undefined },
  now: Date,
): Promise<Range> {
  const range = await reportRange(ctx, { from: input.from, to: input.to }, now);
  requireLength(range, "day", "UTC");
  return { from: range.from, to: range.to };
}

/** Oldest first. */
export async function readStorageDays(ctx: RequestContext, { from, to }: Range): Promise<StorageDay[]> {
  const { rows } = await sql<StorageDay>`
    select to_char(d.day, 'YYYY-MM-DD') as day, b.name as bucket, d.peak_bytes as "peakBytes",
      ceil(d.peak_bytes::numeric / 1000000)::bigint as megabytes, d.objects, d.class_a as writes, d.class_b as reads,
      d.carried
    from hub_bucket_days as d join hub_buckets as b on b.id = d.bucket_id
    where d.tenant_id = ${ctx.tenantId}
      and d.day::timestamp at time zone 'UTC' >= ${from} and d.day::timestamp at time zone 'UTC' < ${to}
      and d.day >= (${from} at time zone 'UTC')::date - 1
    order by d.day, b.created_at`.execute(ctx.db);
  return rows;
}
