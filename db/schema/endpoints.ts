import type { ColumnType, Generated } from "kysely";

export type EndpointStatus = "active" | "suspended";
/**
 * How tokens of LLM requests are counted: `ask` adds a wish for usage to streamed requests, `read` takes what comes by
 * itself, `off` counts none.
 */
export type UsageMode = "ask" | "read" | "off";
export type ConnectorStatus = "offline" | "online";

export interface EndpointsTable {
  id: string;
  tenant_id: string;
  license_id: string;
  /** Unique among endpoints that are not released. */
  slug: string;
  token_hash: string;
  token_hint: string;
  token_rotated_at: Generated<Date>;
  upstream_base_url: string | null;
  require_access_key: Generated<boolean>;
  usage_mode: Generated<UsageMode>;
  status: Generated<EndpointStatus>;
  created_at: Generated<Date>;
  released_at: Date | null;
}

/** A name that was given back: until `available_at` only `tenant_id` may take it again. */
export interface ReleasedNamesTable {
  slug: string;
  tenant_id: string;
  released_at: Date;
  available_at: Date;
}

export interface ConnectorsTable {
  id: string;
  tenant_id: string;
  endpoint_id: string;
  /** `devices.id`; null when a signed-in user or an API key asked for the token. */
  device_pk: string | null;
  issued_at: Generated<Date>;
  expires_at: Date;
  revoked_at: Date | null;
  status: Generated<ConnectorStatus>;
  relay_id: string | null;
  version: string | null;
  remote_address: string | null;
  /** Start of the present or last time online. */
  connected_at: Date | null;
  last_seen_at: Date | null;
  latency_ms: ColumnType<number | null, number | null | undefined, number | null>;
  capacity: number | null;
  /** WebSockets it holds open now. */
  links: Generated<number>;
}
