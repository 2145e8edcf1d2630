/**
 * The columns of a line that `copyRequestLines` takes, in its order. Relays write such lines into their journals when a
 * request ends (relay/metering/journal), so a change here needs a new version of their records.
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
