import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import type { MeterTotals } from "../pricing/index.ts";
import { bucketDaySums } from "./bucket-days.ts";

/** What a tenant used in a period. */
export interface PeriodTotals extends MeterTotals {
  /** Bodies in and out, without adjustments. */
  readonly bytes: number;
}

/**
 * Sums up a period: the hours that start in it, the days of the tenant's buckets that start in it (UTC), and the adjustments
 * made to it. A period may begin within an hour or day; that belongs, whole, to the period in which it starts, so that each
 * is in exactly one. What a day that is cut by the end of a period holds later than its invoice is late usage.
 *
 * Megabytes are whole: bytes are summed up first and divided once. Of storage each day is whole, the next megabyte up. A
 * total may be below zero by adjustments.
 *
 * @param from inclusive
 * @param to exclusive
 */
export async function getPeriodTotals(
  db: Db,
  { tenantId, from, to }: { tenantId: string; from: Date; to: Date },
): Promise<PeriodTotals> {
  const { rows } = await sql<PeriodTotals>`
    with used as (
      select coalesce(sum(requests), 0) as requests,
        coalesce(sum(bytes_in::numeric + bytes_out), 0) as bytes,
        coalesce(sum(input_tokens::numeric + output_tokens), 0) as tokens
      from usage_hourly where tenant_id = ${tenantId} and hour >= ${from} and hour < ${to}
    ), stored as (
      ${bucketDaySums({ tenantId, from, to })}
    ), adjusted as (
      select coalesce(sum(quantity) filter (where meter = 'requests'), 0) as requests,
        coalesce(sum(quantity) filter (where meter = 'megabytes'), 0) as megabytes,
        coalesce(sum(quantity) filter (where meter = 'tokens'), 0) as tokens,
        coalesce(sum(quantity) filter (where meter = 'storage'), 0) as storage,
        coalesce(sum(quantity) filter (where meter = 'storage_writes'), 0) as writes,
        coalesce(sum(quantity) filter (where meter = 'storage_reads'), 0) as reads
      from usage_adjustments where tenant_id = ${tenantId} and period_start >= ${from} and period_start < ${to}
    )
    select used.bytes::bigint as bytes,
      (used.requests + adjusted.requests)::bigint as requests,
      (used.tokens + adjusted.tokens)::bigint as tokens,
      (div(used.bytes, 1000000) + adjusted.megabytes)::bigint as megabytes,
      (stored.storage + adjusted.storage)::bigint as storage,
      (stored.storage_writes + adjusted.writes)::bigint as storage_writes,
      (stored.storage_reads + adjusted.reads)::bigint as storage_reads
    from used, stored, adjusted`.execute(db);
  return rows[0]!;
}
