import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import { columns } from "../../db/schema/index.ts";
import { isOnline } from "./online.ts";
import type { ConnectorSummary } from "./schemas.ts";

/** Connectors that went offline longer ago are history, not a state. */
const RECENT_HOURS = 24;
const MAX_LISTED = 50;

/** Connectors of an endpoint: those online now first, then those that were lately. Revoked ones are left out. */
export async function listConnectors(
  db: Db,
  of: { tenantId: string; endpointId: string },
): Promise<ConnectorSummary[]> {
  const rows = await db
    .selectFrom("connectors")
    .leftJoin("devices", "devices.id", "connectors.device_pk")
    .select(columns.connector)
    .select(["devices.device_id", "devices.name as device_name"])
    .select(isOnline().as("online"))
    .where("connectors.tenant_id", "=", of.tenantId)
    .where("connectors.endpoint_id", "=", of.endpointId)
    .where("connectors.revoked_at", "is", null)
    .where("connectors.last_seen_at", ">", sql<Date>`now() - make_interval(hours => ${RECENT_HOURS})`)
    .orderBy("online", "desc")
    .orderBy("connectors.connected_at", "desc")
    .orderBy("connectors.id")
    .limit(MAX_LISTED)
    .execute();
  return rows.map((row) => ({
    connectorId: row.id,
    deviceId: row.device_id,
    deviceName: row.device_name,
    address: row.remote_address,
    version: row.version,
    since: row.connected_at?.toISOString() ?? null,
    latencyMs: row.latency_ms,
    status: row.online ? "online" : "offline",
  }));
}

/** How many connectors serve an endpoint now. */
export async function countOnlineConnectors(db: Db, endpointId: string): Promise<number> {
  const { n } = await db
    .selectFrom("connectors")
    .select(sql<number>`count(*)::int`.as("n"))
    .where("endpoint_id", "=", endpointId)
    .where(isOnline())
    .executeTakeFirstOrThrow();
  return n;
}
