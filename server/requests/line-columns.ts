/**
 * Columns of a line of the request log, in its order. Relays write such lines into their journals when a request ends
 * (relay/metering/journal), in the text format of COPY, so a change here needs a new version of their records.
 */
export const REQUEST_LINE_COLUMNS = [
  "started_at",
  "status",
  "bytes_in",
  "bytes_out",
  "duration_ms",
  "forwarded",
  "tenant_id",
  "endpoint_id",
  "access_key_id",
  "connector_id",
  "relay_id",
  "id",
  "method",
  "path",
  "queue_ms",
  "upstream_ms",
  "tunnel_ms",
  "client_address",
  "error_code",
] as const;

/** Columns that all lines of a block have in common: they stand beside it, and not in its lines. */
const BLOCK_COLUMNS: readonly string[] = [
  "tenant_id",
  "endpoint_id",
  "access_key_id",
  "connector_id",
  "relay_id",
] satisfies (typeof REQUEST_LINE_COLUMNS)[number][];

/** Columns of a line of a block. */
export const BLOCK_LINE_COLUMNS = REQUEST_LINE_COLUMNS.filter((name) => !BLOCK_COLUMNS.includes(name));
