import type { Selectable } from "kysely";
import type { Db } from "../../db/client.ts";
import type { RequestsTable } from "../../db/schema/index.ts";
import { plans } from "../plans.ts";

/** Where rows go before they are deleted. */
export interface RequestArchive {
  /**
   * Keeps rows of one tenant and day, in the order of their time. Called again with the same first row after a crash.
   * @param batch.day `YYYY-MM-DD`, UTC
   */
  store(batch: { tenantId: string; day: string; rows: readonly Selectable<RequestsTable>[] }): Promise<void>;
}

const ROWS_PER_BATCH = 5_000;
const DAY_MS = 86_400_000;

/**
 * Takes rows out of the request log that are older than the plan of their tenant keeps them. With an archive, rows are
 * deleted only after they were stored there; a failure leaves them for the next run.
 *
 * @returns how many rows were taken out
 */
export async function purgeRequests(
  db: Db,
  options: { archive: RequestArchive | null; now?: Date; rowsPerBatch?: number },
): Promise<number> {
  const now = options.now ?? new Date();
  const limit = options.rowsPerBatch ?? ROWS_PER_BATCH;
  let purged = 0;
  let endpointId = await nextEndpoint(db, "");
  for (; endpointId !== null; endpointId = await nextEndpoint(db, endpointId)) {
    const before = new Date(now.getTime() - (await daysKept(db, endpointId)) * DAY_MS);
    for (;;) {
      const rows = await db
        .selectFrom("requests")
        .selectAll()
        .where("endpoint_id", "=", endpointId)
        .where("started_at", "<", before)
        .orderBy("started_at")
        .orderBy("id")
        .limit(limit)
        .execute();
      for (const batch of batchesOf(rows)) {
        await options.archive?.store(batch);
        await deleteRows(db, endpointId, batch);
        purged += batch.rows.length;
      }
      if (rows.length < limit) break;
    }
  }
  return purged;
}

/** The endpoint after this one that has rows: found by the index, also when the endpoint itself is gone. */
async function nextEndpoint(db: Db, after: string): Promise<string | null> {
  const row = await db
    .selectFrom("requests")
    .select("endpoint_id")
    .where("endpoint_id", ">", after)
    .orderBy("endpoint_id")
    .limit(1)
    .executeTakeFirst();
  return row?.endpoint_id ?? null;
}

/** Rows of a tenant that is gone are kept as long as the free plan keeps them. */
async function daysKept(db: Db, endpointId: string): Promise<number> {
  const settings = await db
    .selectFrom("endpoints")
    .innerJoin("tenant_settings", "tenant_settings.tenant_id", "endpoints.tenant_id")
    .select("tenant_settings.plan")
    .where("endpoints.id", "=", endpointId)
    .executeTakeFirst();
  return plans[settings?.plan ?? "free"].requestLogDays;
}

async function deleteRows(db: Db, endpointId: string, { tenantId, rows }: Batch): Promise<void> {
  await db
    .deleteFrom("requests")
    .where("endpoint_id", "=", endpointId)
    .where("tenant_id", "=", tenantId)
    // The range lets the index find them; the ids say which.
    .where("started_at", ">=", rows[0]!.started_at)
    .where("started_at", "<=", rows.at(-1)!.started_at)
    .where(
      "id",
      "in",
      rows.map((row) => row.id),
    )
    .execute();
}

interface Batch {
  readonly tenantId: string;
  readonly day: string;
  readonly rows: Selectable<RequestsTable>[];
}

/** Rows that stand together by tenant and day; they come in order. */
function batchesOf(rows: readonly Selectable<RequestsTable>[]): Batch[] {
  const batches: Batch[] = [];
  for (const row of rows) {
    const day = row.started_at.toISOString().slice(0, 10);
    const last = batches.at(-1);
    if (last?.tenantId === row.tenant_id && last.day === day) last.rows.push(row);
    else batches.push({ tenantId: row.tenant_id, day, rows: [row] });
  }
  return batches;
}
