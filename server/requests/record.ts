import type { Insertable } from "kysely";
import { copyField, copyFrom, type Db } from "../../db/client.ts";
import type { RequestsTable } from "../../db/schema/index.ts";

/** One proxied request as the relay counts it; columns of the table. */
export type RequestRow = Insertable<RequestsTable>;

const COLUMNS = [
  [
    "id",
    "tenant_id",
    "endpoint_id",
    "access_key_id",
    "connector_id",
    "relay_id",
    "started_at",
    "method",
    "path",
  ],
  [
    "status",
    "bytes_in",
    "bytes_out",
    "duration_ms",
    "queue_ms",
    "upstream_ms",
    "tunnel_ms",
    "client_address",
    "error_code",
  ],
  ["user_agent", "api_kind", "model", "input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens"],
  ["reasoning_tokens", "usage_source", "usage_status", "finish_reason", "forwarded"],
].flat();
/** More than a row without a long path takes, in the text format of COPY. */
const USUAL_LINE_BYTES = 1_024;
const STATEMENT = `copy requests (${COLUMNS.join(", ")}) from stdin`;

/**
 * Writes rows of the request log, in the transaction that `db` is: all or none. It does not look whether a row is there
 * already; that a batch is applied once is seen to by `applyUsageBatch`.
 */
export async function recordRequests(db: Db, rows: readonly RequestRow[]): Promise<void> {
  if (rows.length === 0) return;
  // Line by line into one buffer: one string of all lines would be put together first and then copied.
  let bytes = Buffer.allocUnsafe(rows.length * USUAL_LINE_BYTES);
  let at = 0;
  for (const row of rows) {
    const text = line(row);
    if (at + 3 * text.length > bytes.length) {
      bytes = Buffer.concat([bytes.subarray(0, at)], at + 3 * text.length + bytes.length);
    }
    at += bytes.write(text, at);
  }
  await copyFrom(db, STATEMENT, bytes.subarray(0, at));
}

/** In the order of COLUMNS. Written out: this is the dearest loop of the hand-over. */
function line(row: RequestRow): string {
  const model =
    row.api_kind == null
      ? "\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N"
      : `${copyField(row.api_kind)}\t${copyField(row.model ?? null)}\t${number(row.input_tokens)}\t${number(row.cached_tokens)}\t${number(row.cache_write_tokens)}\t${number(row.output_tokens)}\t${number(row.reasoning_tokens)}\t${copyField(row.usage_source ?? null)}\t${copyField(row.usage_status ?? null)}\t${copyField(row.finish_reason ?? null)}`;
  return `${copyField(row.id)}\t${copyField(row.tenant_id)}\t${copyField(row.endpoint_id)}\t${copyField(row.access_key_id ?? null)}\t${copyField(row.connector_id ?? null)}\t${copyField(row.relay_id)}\t${row.started_at.toISOString()}\t${copyField(row.method)}\t${copyField(row.path)}\t${row.status}\t${row.bytes_in}\t${row.bytes_out}\t${row.duration_ms}\t${number(row.queue_ms)}\t${number(row.upstream_ms)}\t${number(row.tunnel_ms)}\t${copyField(row.client_address)}\t${copyField(row.error_code ?? null)}\t${copyField(row.user_agent ?? null)}\t${model}\t${row.forwarded === false ? "f" : "t"}\n`;
}

function number(value: number | null | undefined): string {
  return value == null ? "\\N" : String(value);
}
