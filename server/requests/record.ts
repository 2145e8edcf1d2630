import { type Insertable, sql } from "kysely";
import { type Db, inTransaction } from "../../db/client.ts";
import type { RequestsTable } from "../../db/schema/index.ts";
import { notifyChange } from "../events.ts";

/** One proxied request as the relay counts it; columns of the table. */
export type RequestRow = Insertable<RequestsTable>;

/** Rows of one statement: about 1 MB of JSON. */
const ROWS_PER_STATEMENT = 2_000;

/**
 * Writes rows of the request log. A row whose id is there already is left alone, so that a batch can be sent again after
 * a crash. Tells the pages of each tenant which endpoints have news.
 *
 * The rows travel as one JSON parameter: a parameter for each value costs the relay five times and Postgres twice the
 * CPU time, and this is the relay's largest cost per request beside the request itself.
 *
 * @returns how many rows were new
 */
export async function recordRequests(db: Db, rows: readonly RequestRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  return inTransaction(db, async (tx) => {
    let written = 0;
    const news = new Map<string, Set<string>>();
    for (let i = 0; i < rows.length; i += ROWS_PER_STATEMENT) {
      for (const { tenant_id, endpoint_ids, count } of await insert(
        tx,
        rows.slice(i, i + ROWS_PER_STATEMENT),
      )) {
        written += count;
        news.set(tenant_id, new Set([...(news.get(tenant_id) ?? []), ...endpoint_ids]));
      }
    }
    for (const [tenantId, endpointIds] of news) {
      await notifyChange(tx, { type: "requests", tenantId, endpointIds: [...endpointIds] });
    }
    return written;
  });
}

interface News {
  tenant_id: string;
  endpoint_ids: string[];
  count: number;
}

async function insert(db: Db, rows: readonly RequestRow[]): Promise<News[]> {
  const json = JSON.stringify(rows.map(cleaned));
  const { rows: news } = await sql<News>`
    with written as (
      insert into requests (
        id, tenant_id, endpoint_id, access_key_id, connector_id, relay_id, started_at, method, path, status,
        bytes_in, bytes_out, duration_ms, queue_ms, upstream_ms, client_address, error_code, user_agent
      )
      select
        id, tenant_id, endpoint_id, access_key_id, connector_id, relay_id, started_at, method, path, status,
        bytes_in, bytes_out, duration_ms, queue_ms, upstream_ms, client_address, error_code, user_agent
      from json_to_recordset(${json}::json) as given (
        id text, tenant_id text, endpoint_id text, access_key_id text, connector_id text, relay_id text,
        started_at timestamptz, method text, path text, status integer, bytes_in bigint, bytes_out bigint,
        duration_ms double precision, queue_ms double precision, upstream_ms double precision,
        client_address text, error_code text, user_agent text
      )
      on conflict (id) do nothing
      returning tenant_id, endpoint_id
    )
    select tenant_id, array_agg(distinct endpoint_id) as endpoint_ids, count(*)::integer as count
    from written
    group by tenant_id`.execute(db);
  return news;
}

/** Postgres text holds neither U+0000 nor half a surrogate pair, and one hostile path must not fail its whole batch. */
function cleaned(row: RequestRow): RequestRow {
  const { method, path, user_agent } = row;
  if (isClean(method) && isClean(path) && (user_agent == null || isClean(user_agent))) return row;
  return {
    ...row,
    method: clean(method),
    path: clean(path),
    user_agent: user_agent == null ? null : clean(user_agent),
  };
}

function isClean(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

function clean(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}
