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
  for (const plan of Object.values(plans)) {
    const before = new Date(now.getTime() - plan.requestLogDays * DAY_MS);
    for (;;) {
      const rows = await db
        .selectFrom("requests")
        .leftJoin("tenant_settings", "tenant_settings.tenant_id", "requests.tenant_id")
        .selectAll("requests")
        .where("requests.started_at", "<", before)
        // Rows of a tenant that is gone are kept as long as the free plan keeps them.
        .where((eb) =>
          plan.name === "free"
            ? eb.or([eb("tenant_settings.plan", "=", "free"), eb("tenant_settings.plan", "is", null)])
            : eb("tenant_settings.plan", "=", plan.name),
        )
        .orderBy("requests.tenant_id")
        .orderBy("requests.started_at")
        .orderBy("requests.id")
        .limit(limit)
        .execute();
      for (const batch of batchesOf(rows)) {
        await options.archive?.store(batch);
        const ids = batch.rows.map((row) => row.id);
        await db
          .deleteFrom("requests")
          .where("id", "in", ids)
          .where("tenant_id", "=", batch.tenantId)
          .execute();
        purged += ids.length;
      }
      if (rows.length < limit) break;
    }
  }
  return purged;
}

/** Rows that stand together by tenant and day; they come in order. */
function batchesOf(rows: readonly Selectable<RequestsTable>[]) {
  const batches: { tenantId: string; day: string; rows: Selectable<RequestsTable>[] }[] = [];
  for (const row of rows) {
    const day = row.started_at.toISOString().slice(0, 10);
    const last = batches.at(-1);
    if (last?.tenantId === row.tenant_id && last.day === day) last.rows.push(row);
    else batches.push({ tenantId: row.tenant_id, day, rows: [row] });
  }
  return batches;
}
