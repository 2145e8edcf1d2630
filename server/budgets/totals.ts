import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import { getPeriodTotals } from "../ledger/index.ts";
import type { BillingPeriod } from "../pricing/index.ts";
import type { SpentTotals } from "./spent.ts";

/** Whose usage. */
export interface SpentBy {
  readonly tenantId: string;
  /** null: the whole tenant. */
  readonly accessKeyId: string | null;
}

/**
 * What was used between two times, as far as relays have handed it over. Corrections by an operator count for the whole
 * tenant in its billing period only: they are made to no key and no day.
 */
export async function getSpentTotals(
  db: Db,
  { tenantId, accessKeyId }: SpentBy,
  { start, end }: BillingPeriod,
  options: { withAdjustments: boolean },
): Promise<SpentTotals> {
  if (accessKeyId === null && options.withAdjustments) {
    const { requests, tokens, megabytes, bytes } = await getPeriodTotals(db, {
      tenantId,
      from: start,
      to: end,
    });
    const adjustedBytes = (megabytes - Math.floor(bytes / 1_000_000)) * 1_000_000;
    return { requests, tokens, bytes: bytes + adjustedBytes };
  }
  const { rows } = await sql<SpentTotals>`
    select coalesce(sum(requests), 0)::bigint as requests,
      coalesce(sum(bytes_in::numeric + bytes_out), 0)::bigint as bytes,
      coalesce(sum(input_tokens::numeric + output_tokens), 0)::bigint as tokens
    from usage_hourly
    where tenant_id = ${tenantId} and hour >= ${start} and hour < ${end}
      and (${accessKeyId}::text is null or access_key_id = ${accessKeyId})`.execute(db);
  return rows[0]!;
}
