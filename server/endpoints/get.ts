import type { PublicUrlConfig } from "../config.ts";
import { listConnectors } from "../connectors/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { getEndpointOfTenant, toSummary } from "./internal.ts";
import type { EndpointDetail, EndpointSlugInput } from "./schemas.ts";

/**
 * One endpoint with its connectors.
 * @throws DomainError not_found/endpoint_not_found
 */
export async function getEndpoint(args: {
  ctx: RequestContext;
  input: EndpointSlugInput;
  config: PublicUrlConfig;
}): Promise<EndpointDetail> {
  const { ctx, input, config } = args;
  requirePermission(ctx, "endpoints:read");
  const row = await getEndpointOfTenant(ctx.db, ctx.tenantId, input.slug);
  return {
    ...toSummary(row, config),
    tokenHint: row.token_hint,
    tokenRotatedAt: row.token_rotated_at.toISOString(),
    connectors: await listConnectors(ctx.db, { tenantId: ctx.tenantId, endpointId: row.id }),
  };
}
