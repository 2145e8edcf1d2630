import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import type { MeterTotals } from "../pricing/index.ts";

/** What a tenant used in a period. */
export interface PeriodTotals extends MeterTotals {
  /** Bodies in and out, without adjustments. */
  readonly bytes: number;
}

/**
 * Sums up a period: the hours that start in it, and the adjustments made to it. A period may begin within an hour; that
 * hour belongs, whole, to the period in which it starts, so that each hour is in exactly one.
 *
 * Megabytes are whole: bytes are summed up first and divided once. A total may be below zero by adjustments.
 *
 * @param from inclusive
 * @param to exclusive
 */
export async function getPeriodTotals(
  db: Db,
  { tenantId, from, to }: { tenantId: string; from: Date; to: Date },
): Promise<PeriodTotals> {
  const { rows } = await sql<{ requests: number; bytes: number; tokens: number; megabytes: number }>`
    with used as (
      select coalesce(sum(requests), 0) as requests,
        coalesce(sum(bytes_in::numeric + bytes_out), 0) as bytes,
        coalesce(sum(input_tokens::numeric + output_tokens), 0) as tokens
      from usage_hourly where tenant_id = ${tenantId} and hour >= ${from} and hour < ${to}
    ), adjusted as (
      select coalesce(sum(quantity) filter (where meter = 'requests'), 0) as requests,
        coalesce(sum(quantity) filter (where meter = 'megabytes'), 0) as megabytes,
        coalesce(sum(quantity) filter (where meter = 'tokens'), 0) as tokens
      from usage_adjustments where tenant_id = ${tenantId} and period_start >= ${from} and period_start < ${to}
    )
    select used.bytes::bigint as bytes,
      (used.requests + adjusted.requests)::bigint as requests,
      (used.tokens + adjusted.tokens)::bigint as tokens,
      (div(used.bytes, 1000000) + adjusted.megabytes)::bigint as megabytes
    from used, adjusted`.execute(db);
  return rows[0]!;
}
