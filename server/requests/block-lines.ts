import type { Selectable } from "kysely";
import { fromCopyField } from "../../db/client.ts";
import type { RequestBlocksTable, RequestsTable } from "../../db/schema/index.ts";

/** What a block says of all its lines. */
type Common = Pick<
  Selectable<RequestBlocksTable>,
  "tenant_id" | "endpoint_id" | "access_key_id" | "connector_id" | "relay_id" | "lines"
>;

/** The requests of a block as rows of the log, in the order in which they ended. Their times are whole milliseconds. */
export function rowsOfBlock(block: Common): Selectable<RequestsTable>[] {
  const { lines } = block;
  const rows: Selectable<RequestsTable>[] = [];
  for (let from = 0, to = lines.indexOf("\n"); to >= 0; from = to + 1, to = lines.indexOf("\n", from)) {
    rows.push(rowOf(block, lines.slice(from, to).split("\t")));
  }
  return rows;
}

/** @param f as BLOCK_LINE_COLUMNS says */
function rowOf(block: Common, f: string[]): Selectable<RequestsTable> {
  return {
    id: f[6]!,
    tenant_id: block.tenant_id,
    endpoint_id: block.endpoint_id,
    access_key_id: block.access_key_id,
    connector_id: block.connector_id,
    relay_id: block.relay_id,
    started_at: new Date(f[0]!),
    method: fromCopyField(f[7]!)!,
    path: fromCopyField(f[8]!)!,
    status: Number(f[1]),
    bytes_in: Number(f[2]),
    bytes_out: Number(f[3]),
    duration_ms: Number(f[4]),
    queue_ms: numberOf(f[9]!),
    upstream_ms: numberOf(f[10]!),
    tunnel_ms: numberOf(f[11]!),
    client_address: fromCopyField(f[12]!)!,
    error_code: fromCopyField(f[13]!),
    forwarded: f[5] === "t",
    user_agent: null,
    api_kind: null,
    model: null,
    input_tokens: null,
    cached_tokens: null,
    cache_write_tokens: null,
    output_tokens: null,
    reasoning_tokens: null,
    usage_source: null,
    usage_status: null,
    finish_reason: null,
  };
}

function numberOf(field: string): number | null {
  return field === "\\N" ? null : Number(field);
}
