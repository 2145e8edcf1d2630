import type { Db } from "../../db/client.ts";
import { countOnlineConnectors } from "../connectors/index.ts";
import { endpointNotFound } from "./internal.ts";
import { findRoute } from "./route.ts";
import type { EndpointHealthOutput } from "./schemas.ts";

/**
 * Health of the endpoint that a Host header names; public, so it tells numbers only.
 * @param slug from the Host; null when the host is none of a tenant
 * @throws DomainError not_found/endpoint_not_found
 */
export async function getEndpointHealth(db: Db, slug: string | null): Promise<EndpointHealthOutput> {
  const route = slug === null ? null : await findRoute(db, slug);
  if (!route) throw endpointNotFound();
  const connectors = await countOnlineConnectors(db, route.endpointId);
  return {
    slug: route.slug,
    status: route.state,
    online: connectors > 0 || route.upstreamBaseUrl !== null,
    connectors,
  };
}
