import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import { type RequestRow, recordRequests } from "../requests/index.ts";
import { modelName } from "./roll-up.ts";
import type { UsageRecord } from "./types.ts";

/**
 * Writes records to the request log, one row per request: the first part makes it, later ones add to it. A part whose
 * row is not there (its first part was damaged, or is past what the plan keeps) makes a row of its own.
 */
export async function logRequests(db: Db, records: readonly UsageRecord[]): Promise<void> {
  const fresh: RequestRow[] = [];
  /** Requests in parts, by id: those of one batch are added up before they are written. */
  const inParts = new Map<string, { row: RequestRow; isFirst: boolean }>();
  for (const record of records) {
    if (record.part === 0 && record.final) {
      fresh.push(rowOf(record));
      continue;
    }
    const earlier = inParts.get(record.requestId);
    if (earlier === undefined) {
      inParts.set(record.requestId, { row: rowOf(record), isFirst: record.part === 0 });
    } else {
      earlier.row = added(earlier.row, rowOf(record));
    }
  }
  const later = new Map<string, RequestRow>();
  for (const [id, { row, isFirst }] of inParts) {
    if (isFirst) fresh.push(row);
    else later.set(id, row);
  }
  for (const id of later.size > 0 ? await addToRows(db, [...later.values()]) : []) later.delete(id);
  await recordRequests(db, [...fresh, ...later.values()]);
}

function rowOf(record: UsageRecord): RequestRow {
  const { usage } = record;
  return {
    id: record.requestId,
    tenant_id: record.tenantId,
    endpoint_id: record.endpointId,
    access_key_id: record.accessKeyId,
    connector_id: record.connectorId,
    relay_id: record.relayId,
    started_at: new Date(record.startedAt),
    method: record.method,
    path: record.path,
    status: record.status,
    bytes_in: record.bytesIn,
    bytes_out: record.bytesOut,
    duration_ms: record.durationMs,
    queue_ms: record.queueMs,
    upstream_ms: record.upstreamMs,
    tunnel_ms: record.tunnelMs,
    client_address: record.clientAddress,
    error_code: record.errorCode,
    forwarded: record.forwarded,
    user_agent: null,
    api_kind: usage === null ? null : usage.apiKind,
    model: usage?.model ? modelName(usage.model) : null,
    input_tokens: usage === null ? null : usage.inputTokens,
    cached_tokens: usage === null ? null : usage.cachedTokens,
    cache_write_tokens: usage === null ? null : usage.cacheWriteTokens,
    output_tokens: usage === null ? null : usage.outputTokens,
    reasoning_tokens: usage === null ? null : usage.reasoningTokens,
    usage_source: usage === null ? null : usage.source,
    usage_status: usage === null ? null : usage.status,
    finish_reason: usage === null ? null : usage.finishReason,
  };
}

/** What a later part says last holds; what it counts is added. */
function added(row: RequestRow, part: RequestRow): RequestRow {
  const sum = (a: number | null | undefined, b: number | null | undefined) =>
    a == null && b == null ? null : (a ?? 0) + (b ?? 0);
  const usage = part.api_kind == null ? row : part;
  return {
    ...part,
    bytes_in: row.bytes_in + part.bytes_in,
    bytes_out: row.bytes_out + part.bytes_out,
    duration_ms: row.duration_ms + part.duration_ms,
    api_kind: usage.api_kind,
    model: usage.model,
    input_tokens: sum(row.input_tokens, part.input_tokens),
    cached_tokens: sum(row.cached_tokens, part.cached_tokens),
    cache_write_tokens: sum(row.cache_write_tokens, part.cache_write_tokens),
    output_tokens: sum(row.output_tokens, part.output_tokens),
    reasoning_tokens: sum(row.reasoning_tokens, part.reasoning_tokens),
    usage_source: usage.usage_source,
    usage_status: usage.usage_status,
    finish_reason: usage.finish_reason,
  };
}

/** Adds parts to rows that are there. @returns ids of the rows found */
async function addToRows(db: Db, parts: readonly RequestRow[]): Promise<string[]> {
  const json = JSON.stringify(parts).replaceAll("\\u0000", "\\ufffd");
  const { rows } = await sql<{ id: string }>`
    update requests as kept set
      status = part.status,
      error_code = part.error_code,
      bytes_in = kept.bytes_in + part.bytes_in,
      bytes_out = kept.bytes_out + part.bytes_out,
      duration_ms = kept.duration_ms + part.duration_ms,
      queue_ms = part.queue_ms,
      upstream_ms = part.upstream_ms,
      tunnel_ms = part.tunnel_ms,
      api_kind = coalesce(part.api_kind, kept.api_kind),
      model = coalesce(part.model, kept.model),
      input_tokens = case when part.api_kind is null then kept.input_tokens
        else coalesce(kept.input_tokens, 0) + part.input_tokens end,
      cached_tokens = case when part.api_kind is null then kept.cached_tokens
        else coalesce(kept.cached_tokens, 0) + part.cached_tokens end,
      cache_write_tokens = case when part.api_kind is null then kept.cache_write_tokens
        else coalesce(kept.cache_write_tokens, 0) + part.cache_write_tokens end,
      output_tokens = case when part.api_kind is null then kept.output_tokens
        else coalesce(kept.output_tokens, 0) + part.output_tokens end,
      reasoning_tokens = case when part.api_kind is null then kept.reasoning_tokens
        else coalesce(kept.reasoning_tokens, 0) + part.reasoning_tokens end,
      usage_source = coalesce(part.usage_source, kept.usage_source),
      usage_status = coalesce(part.usage_status, kept.usage_status),
      finish_reason = coalesce(part.finish_reason, kept.finish_reason)
    from json_to_recordset(${json}::json) as part (
      id text, tenant_id text, endpoint_id text, started_at timestamptz, status integer, error_code text,
      bytes_in bigint, bytes_out bigint, duration_ms double precision, queue_ms double precision,
      upstream_ms double precision, tunnel_ms double precision, api_kind text, model text, input_tokens bigint, cached_tokens bigint,
      cache_write_tokens bigint, output_tokens bigint, reasoning_tokens bigint, usage_source text,
      usage_status text, finish_reason text
    )
    where kept.endpoint_id = part.endpoint_id
      and kept.started_at = part.started_at
      and kept.id = part.id
      and kept.tenant_id = part.tenant_id
    returning kept.id`.execute(db);
  return rows.map(({ id }) => id);
}
