import type { Db } from "../../db/client.ts";
import { endpointNotFound } from "./internal.ts";
import { isSlug, normalizeSlug } from "./slug.ts";

/**
 * An endpoint of the tenant that is not released, for other domains that hang something on it.
 *
 * @param field which field of the input named it
 * @throws DomainError not_found/endpoint_not_found, for a name of another tenant too
 */
export async function getEndpointBySlug(
  db: Db,
  tenantId: string,
  rawSlug: string,
  field: "slug" | "endpointSlug",
): Promise<{ id: string; slug: string; upstream_base_url: string | null }> {
  const slug = normalizeSlug(rawSlug);
  const row = isSlug(slug)
    ? await db
        .selectFrom("endpoints")
        .select(["id", "slug", "upstream_base_url"])
        .where("tenant_id", "=", tenantId)
        .where("slug", "=", slug)
        .where("released_at", "is", null)
        .executeTakeFirst()
    : undefined;
  if (!row) throw endpointNotFound(field);
  return row;
}
