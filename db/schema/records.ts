import type { ColumnType, Generated, JSONColumnType } from "kysely";

/** Who says how many tokens it were. */
export type UsageSource = "provider" | "estimated" | "none";
/** Whether the answer came whole. */
export type UsageStatus = "complete" | "partial" | "error";

/**
 * One proxied request, written by the relay in batches: those with tokens, in several parts, or that waited on a relay's
 * disk. The others are in blocks. No foreign keys: a batch must never fail for one row.
 */
export interface RequestsTable {
  id: string;
  tenant_id: string;
  endpoint_id: string;
  access_key_id: string | null;
  connector_id: string | null;
  relay_id: string;
  started_at: Date;
  method: string;
  /** Without the query, which may carry secrets. */
  path: string;
  status: number;
  /** Body bytes from the client, headers not counted. */
  bytes_in: number;
  /** Body bytes to the client, headers not counted. */
  bytes_out: number;
  duration_ms: number;
  /** Time parked before a link took it. */
  queue_ms: number | null;
  /** Time until the upstream's response head, without what the tunnel took. */
  upstream_ms: number | null;
  /** The tunnel's part of that wait. Null where the connector did not tell: then it is in `upstream_ms`. */
  tunnel_ms: Generated<number | null>;
  client_address: string;
  error_code: string | null;
  /** It was handed to an upstream; if not, we answered it ourselves and it is not counted for money. */
  forwarded: Generated<boolean>;
  user_agent: string | null;
  /** Which LLM interface it was, e.g. `openai_chat`; null with all below when it was none. */
  api_kind: string | null;
  /** As the upstream named it. */
  model: string | null;
  /** All input tokens, cached or not. */
  input_tokens: number | null;
  cached_tokens: number | null;
  cache_write_tokens: number | null;
  /** All output tokens, reasoning too. */
  output_tokens: number | null;
  reasoning_tokens: number | null;
  usage_source: UsageSource | null;
  usage_status: UsageStatus | null;
  finish_reason: string | null;
}

/** Plain requests of one endpoint, key, connector and relay, all begun in the same minute. */
export interface RequestBlocksTable {
  id: Generated<number>;
  tenant_id: string;
  endpoint_id: string;
  access_key_id: string | null;
  connector_id: string | null;
  relay_id: string;
  /** When the first and the last of them began; less than a minute lies between. */
  first_at: Date;
  last_at: Date;
  requests: number;
  /** Those of them that were handed to an upstream. */
  forwarded: number;
  /** The other columns of each, in the text format of COPY (server/requests/line-columns.ts). Compressed by Postgres. */
  lines: string;
}

export interface AuditLogTable {
  id: string;
  tenant_id: string;
  /** null when a license, the relay or a job acted. */
  user_id: string | null;
  /** `endpoint.register` and the like. */
  action: string;
  /** Id or name of what was acted on. */
  subject: string;
  detail: JSONColumnType<Record<string, unknown>, string | undefined, never>;
  created_at: Generated<Date>;
  request_id: string;
}

export interface AbuseReportsTable {
  id: string;
  slug: string;
  reporter_email: string | null;
  reason: string;
  detail: string;
  created_at: Generated<Date>;
  client_address: string;
}

/** Counters of the public doors, in the shape that rate-limiter-flexible asks for. */
export interface RateLimitsTable {
  key: string;
  points: Generated<number>;
  /** Milliseconds since 1970. */
  expire: ColumnType<number | null>;
}
