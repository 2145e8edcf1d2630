import { type Selectable, sql } from "kysely";
import type { Db } from "../../db/client.ts";
import type { RequestBlocksTable, RequestsTable } from "../../db/schema/index.ts";
import { plans } from "../plans.ts";
import { rowsOfBlock } from "./block-lines.ts";

/** Where rows go before they are deleted. */
export interface RequestArchive {
  /**
   * Keeps rows of one tenant and day, in the order of their time, or of their blocks. Called again with the same first
   * row after a crash.
   * @param batch.day `YYYY-MM-DD`, UTC
   */
  store(batch: { tenantId: string; day: string; rows: readonly Selectable<RequestsTable>[] }): Promise<void>;
}

const ROWS_PER_BATCH = 5_000;
const MINUTE_MS = 60_000;
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
    purged += await purgeRows(db, { endpointId, before, limit, archive: options.archive });
    purged += await purgeBlocks(db, { endpointId, before, limit, archive: options.archive });
  }
  return purged;
}

interface Past {
  readonly endpointId: string;
  readonly before: Date;
  readonly limit: number;
  readonly archive: RequestArchive | null;
}

async function purgeRows(db: Db, { endpointId, before, limit, archive }: Past): Promise<number> {
  let purged = 0;
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
      await archive?.store(batch);
      await deleteRows(db, endpointId, batch);
      purged += batch.rows.length;
    }
    if (rows.length < limit) return purged;
  }
}

/**
 * Whole blocks, in the order in which the index has them. Their minute must be over too: so what comes to be past later
 * stands behind them, and a batch that is stored again begins with the same row.
 */
async function purgeBlocks(db: Db, { endpointId, before, limit, archive }: Past): Promise<number> {
  const minute = new Date(Math.floor(before.getTime() / MINUTE_MS) * MINUTE_MS);
  let purged = 0;
  for (;;) {
    const { rows: blocks } = await sql<Selectable<RequestBlocksTable>>`
      select * from (
        select past.*, sum(requests) over (order by last_at, id) - requests as earlier
        from (
          select * from request_blocks
          where endpoint_id = ${endpointId} and last_at < ${minute}
          order by last_at, id
          limit ${limit}
        ) as past
      ) as counted
      where earlier < ${limit}
      order by last_at, id`.execute(db);
    if (blocks.length === 0) return purged;
    const ids = new Map<string, number>();
    const rows = blocks.flatMap((block) => {
      const ofBlock = rowsOfBlock(block);
      for (const { id } of ofBlock) ids.set(id, block.id);
      return ofBlock;
    });
    for (const batch of batchesOf(rows)) {
      await archive?.store(batch);
      await db
        .deleteFrom("request_blocks")
        .where("tenant_id", "=", batch.tenantId)
        // All that a block holds was of the same minute, and so is in the same batch.
        .where("id", "in", [...new Set(batch.rows.map(({ id }) => ids.get(id)!))])
        .execute();
      purged += batch.rows.length;
    }
  }
}

/** The endpoint after this one that has something in the log: found by the index, also when the endpoint itself is gone. */
async function nextEndpoint(db: Db, after: string): Promise<string | null> {
  const next = (table: "requests" | "request_blocks") => sql<string | null>`(
    select endpoint_id from ${sql.table(table)} where endpoint_id > ${after} order by endpoint_id limit 1
  )`;
  const { rows } = await sql<{ id: string | null }>`
    select least(${next("requests")}, ${next("request_blocks")}) as id`.execute(db);
  return rows[0]?.id ?? null;
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
