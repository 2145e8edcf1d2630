import type { Db } from "../../db/client.ts";
import { isSlug, normalizeSlug } from "../endpoints/slug.ts";
import { DomainError } from "../errors.ts";
import { isOnline } from "./online.ts";
import type { ConnectorStatusOutput } from "./schemas.ts";

/**
 * Whether an endpoint is up, for anybody who knows its name: ids and times, no devices and no addresses.
 * @throws DomainError not_found/endpoint_not_found
 */
export async function getConnectorStatus(db: Db, rawSlug: string): Promise<ConnectorStatusOutput> {
  const slug = normalizeSlug(rawSlug);
  const endpoint = isSlug(slug)
    ? await db
        .selectFrom("endpoints")
        .select(["id", "upstream_base_url"])
        .where("slug", "=", slug)
        .where("released_at", "is", null)
        .executeTakeFirst()
    : undefined;
  if (!endpoint) {
    throw new DomainError("not_found", "endpoint_not_found", "there is no such endpoint", { field: "slug" });
  }
  const rows = await db
    .selectFrom("connectors")
    .select(["connectors.id", "connectors.connected_at"])
    .where("connectors.endpoint_id", "=", endpoint.id)
    .where(isOnline())
    .orderBy("connectors.connected_at")
    .execute();
  return {
    slug,
    online: rows.length > 0 || endpoint.upstream_base_url !== null,
    connectors: rows.map((row) => ({ connectorId: row.id, since: row.connected_at?.toISOString() ?? null })),
  };
}
