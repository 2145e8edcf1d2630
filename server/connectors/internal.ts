import type { Db } from "../../db/client.ts";
import { normalizeSlug } from "../endpoints/slug.ts";
import { DomainError } from "../errors.ts";

/**
 * The endpoint that a connector is for, with what decides whether it may serve.
 *
 * @param field which field of the input named it
 */
export async function getServedEndpoint(
  db: Db,
  tenantId: string,
  rawSlug: string,
  field: "slug" | "endpointSlug",
) {
  const row = await db
    .selectFrom("endpoints")
    .innerJoin("tenant_settings", "tenant_settings.tenant_id", "endpoints.tenant_id")
    .select([
      "endpoints.id",
      "endpoints.slug",
      "endpoints.status",
      "endpoints.upstream_base_url",
      "tenant_settings.billing_state",
      "tenant_settings.suspended_at",
    ])
    .where("endpoints.tenant_id", "=", tenantId)
    .where("endpoints.slug", "=", normalizeSlug(rawSlug))
    .where("endpoints.released_at", "is", null)
    .executeTakeFirst();
  if (!row) {
    throw new DomainError("not_found", "endpoint_not_found", "there is no such endpoint", { field });
  }
  return row;
}

export function connectorNotFound(): DomainError {
  return new DomainError("not_found", "connector_not_found", "there is no such connector", {
    field: "connectorId",
  });
}
