import type { Insertable } from "kysely";
import { type Db, inTransaction } from "../../db/client.ts";
import type { RequestsTable } from "../../db/schema/index.ts";
import { notifyChange } from "../events.ts";

/** One proxied request as the relay counts it; columns of the table. */
export type RequestRow = Insertable<RequestsTable>;

/** Postgres takes 65,535 parameters in a statement; a row has 18. */
const ROWS_PER_STATEMENT = 2_000;

/**
 * Writes rows of the request log. A row whose id is there already is left alone, so that a batch can be sent again after
 * a crash. Tells the pages of each tenant which endpoints have news.
 *
 * @returns how many rows were new
 */
export async function recordRequests(db: Db, rows: readonly RequestRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  return inTransaction(db, async (tx) => {
    let written = 0;
    const news = new Map<string, Set<string>>();
    for (let i = 0; i < rows.length; i += ROWS_PER_STATEMENT) {
      const inserted = await tx
        .insertInto("requests")
        .values(rows.slice(i, i + ROWS_PER_STATEMENT).map(withoutNul))
        .onConflict((conflict) => conflict.column("id").doNothing())
        .returning(["tenant_id", "endpoint_id"])
        .execute();
      written += inserted.length;
      for (const row of inserted) {
        const endpoints = news.get(row.tenant_id) ?? new Set();
        news.set(row.tenant_id, endpoints.add(row.endpoint_id));
      }
    }
    for (const [tenantId, endpointIds] of news) {
      await notifyChange(tx, { type: "requests", tenantId, endpointIds: [...endpointIds] });
    }
    return written;
  });
}

/** Postgres text cannot hold U+0000, and one hostile path must not fail the batch that it travels in. */
function withoutNul(row: RequestRow): RequestRow {
  const clean = (text: string | null | undefined) =>
    text?.includes("\0") ? text.replaceAll("\0", "\uFFFD") : text;
  return {
    ...row,
    method: clean(row.method) as string,
    path: clean(row.path) as string,
    user_agent: clean(row.user_agent) ?? null,
  };
}
