import type { PublicUrlConfig } from "../config.ts";
import { listConnectors } from "../connectors/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { endpointsOfTenant, getEndpointOfTenant, toIdentity } from "./internal.ts";
import type { EndpointDetailsOutput, OptionalSlugInput } from "./schemas.ts";

/**
 * What a desktop runtime asks: my endpoint, and whether the relay sees its connectors. Without a slug the oldest
 * endpoint; a license without any gets `endpoint: null`, which is an answer and not an error.
 *
 * @throws DomainError not_found/endpoint_not_found: a slug was named and it is not the tenant's
 */
export async function getEndpointDetails(args: {
  ctx: RequestContext;
  input: OptionalSlugInput;
  config: PublicUrlConfig;
}): Promise<EndpointDetailsOutput> {
  const { ctx, input, config } = args;
  requirePermission(ctx, "endpoints:read");
  const row =
    input.slug === undefined
      ? await endpointsOfTenant(ctx.db, ctx.tenantId)
          .orderBy("endpoints.created_at")
          .limit(1)
          .executeTakeFirst()
      : await getEndpointOfTenant(ctx.db, ctx.tenantId, input.slug);
  if (!row) return { endpoint: null, relay: { online: false, connectors: [] } };
  const connectors = await listConnectors(ctx.db, { tenantId: ctx.tenantId, endpointId: row.id });
  const online = connectors.filter((connector) => connector.status === "online");
  return {
    endpoint: toIdentity(row, config),
    relay: {
      online: online.length > 0,
      connectors: online.map(({ connectorId, deviceId, version, address, since, latencyMs }) => ({
        connectorId,
        deviceId,
        version,
        address,
        since,
        latencyMs,
      })),
    },
  };
}
