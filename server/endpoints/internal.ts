import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import { columns } from "../../db/schema/index.ts";
import type { PublicUrlConfig } from "../config.ts";
import { isOnline } from "../connectors/index.ts";
import { DomainError } from "../errors.ts";
import { publicUrlFor } from "./public-url.ts";
import type { EndpointIdentity, EndpointStatus, EndpointSummary } from "./schemas.ts";
import { isSlug, normalizeSlug } from "./slug.ts";

/** Endpoints of one tenant that are not released, with what a summary needs. */
export function endpointsOfTenant(db: Db, tenantId: string) {
  return db
    .selectFrom("endpoints")
    .innerJoin("tenant_settings", "tenant_settings.tenant_id", "endpoints.tenant_id")
    .select(columns.endpoint)
    .select(["tenant_settings.billing_state", "tenant_settings.suspended_at"])
    .select(
      sql<number>`(select count(*)::int from connectors
        where connectors.endpoint_id = endpoints.id and ${isOnline()})`.as("connector_count"),
    )
    .where("endpoints.tenant_id", "=", tenantId)
    .where("endpoints.released_at", "is", null);
}

export type EndpointRow = Awaited<ReturnType<typeof getEndpointOfTenant>>;

/** @throws DomainError not_found/endpoint_not_found, for a name of another tenant too */
export async function getEndpointOfTenant(db: Db, tenantId: string, rawSlug: string) {
  const slug = normalizeSlug(rawSlug);
  const row = isSlug(slug)
    ? await endpointsOfTenant(db, tenantId).where("endpoints.slug", "=", slug).executeTakeFirst()
    : undefined;
  if (!row) throw endpointNotFound();
  return row;
}

/**
 * The endpoint that a machine means when it names none, as `details` and `token/rotate` allow: the one that is being served
 * now, or else the newest. So a desktop program asks for, and rotates, the endpoint that it is connected to.
 */
export async function findCurrentEndpoint(db: Db, tenantId: string): Promise<EndpointRow | undefined> {
  return await endpointsOfTenant(db, tenantId)
    .orderBy(
      sql`(select count(*) from connectors where connectors.endpoint_id = endpoints.id and ${isOnline()}) > 0`,
      "desc",
    )
    .orderBy("endpoints.created_at", "desc")
    .limit(1)
    .executeTakeFirst();
}

export function endpointNotFound(field: "slug" | "endpointSlug" = "slug"): DomainError {
  return new DomainError("not_found", "endpoint_not_found", "there is no such endpoint", { field });
}

/** What callers see: a suspended or unpaid tenant stops all its endpoints. */
export function statusOf(
  row: Pick<EndpointRow, "status" | "billing_state" | "suspended_at">,
): EndpointStatus {
  if (row.suspended_at || row.status === "suspended") return "suspended";
  return row.billing_state === "unpaid" ? "unpaid" : "active";
}

export function toIdentity(
  row: Pick<EndpointRow, "id" | "slug" | "status" | "billing_state" | "suspended_at">,
  config: PublicUrlConfig,
): EndpointIdentity {
  return { id: row.id, slug: row.slug, publicBaseUrl: publicUrlFor(config, row.slug), status: statusOf(row) };
}

export function toSummary(row: EndpointRow, config: PublicUrlConfig): EndpointSummary {
  return {
    ...toIdentity(row, config),
    online: row.connector_count > 0 || row.upstream_base_url !== null,
    connectorCount: row.connector_count,
    requireAccessKey: row.require_access_key,
    upstreamBaseUrl: row.upstream_base_url,
    usageMode: row.usage_mode,
    createdAt: row.created_at.toISOString(),
  };
}
