import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import { type ConnectorClaims, readConnectorToken, type TokenFault } from "./token.ts";

export type { ConnectorClaims } from "./token.ts";

/** Why a token is refused. `license`: revoked, expired or the device was released; `suspended`: tenant or endpoint. */
export type ConnectorRefusal = TokenFault | "revoked" | "license" | "suspended" | "unknown";

export type ConnectorVerdict =
  | { readonly valid: true; readonly claims: ConnectorClaims }
  | { readonly valid: false; readonly reason: ConnectorRefusal };

/**
 * Decides whether a connector token may open links now: signature, audience and expiry from the token itself, the rest
 * from the database (the row of this very token, its endpoint, license, device and tenant).
 *
 * An unpaid bill does not count here: the edge answers 402 for the account's hosts, and its connectors stay, because a
 * connector that was sent away has ended its program, and service could not be back seconds after the payment.
 */
export async function verifyConnectorToken(
  deps: { db: Db; signingSecret: string; now?: () => number },
  token: string,
): Promise<ConnectorVerdict> {
  const read = await readConnectorToken(token, deps.signingSecret, deps.now?.());
  return read.ok ? verifyConnectorClaims(deps, read.claims) : { valid: false, reason: read.fault };
}

/**
 * Decides the same again for a token that was verified before, from what it said: whoever keeps its links open need not
 * keep the token.
 */
export async function verifyConnectorClaims(
  deps: { db: Db; now?: () => number },
  claims: ConnectorClaims,
): Promise<ConnectorVerdict> {
  const now = deps.now?.() ?? Date.now();
  if (claims.expiresAt.getTime() <= now) return { valid: false, reason: "expired" };
  const row = await deps.db
    .selectFrom("connectors")
    .innerJoin("endpoints", "endpoints.id", "connectors.endpoint_id")
    .innerJoin("licenses", "licenses.id", "endpoints.license_id")
    .innerJoin("tenant_settings", "tenant_settings.tenant_id", "connectors.tenant_id")
    .leftJoin("devices", "devices.id", "connectors.device_pk")
    .select([
      "connectors.revoked_at",
      "endpoints.slug",
      "endpoints.status as endpoint_status",
      "endpoints.released_at as endpoint_released_at",
      "licenses.status as license_status",
      "devices.released_at as device_released_at",
      "tenant_settings.suspended_at",
      sql<boolean>`coalesce(licenses.expires_at <= now(), false)`.as("license_expired"),
      sql<boolean>`connectors.expires_at <= now()`.as("expired"),
    ])
    .where("connectors.id", "=", claims.connectorId)
    .where("connectors.tenant_id", "=", claims.tenantId)
    .where("connectors.endpoint_id", "=", claims.endpointId)
    .executeTakeFirst();
  const refuse = (reason: ConnectorRefusal) => ({ valid: false, reason }) as const;
  if (!row || row.slug !== claims.slug) return refuse("unknown");
  if (row.revoked_at || row.endpoint_released_at) return refuse("revoked");
  if (row.expired) return refuse("expired");
  if (row.license_status !== "active" || row.license_expired || row.device_released_at)
    return refuse("license");
  if (row.suspended_at || row.endpoint_status === "suspended") return refuse("suspended");
  return { valid: true, claims };
}
