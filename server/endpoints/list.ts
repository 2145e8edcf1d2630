import type { PublicUrlConfig } from "../config.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { endpointsOfTenant, toSummary } from "./internal.ts";
import type { EndpointSummary } from "./schemas.ts";

/** The tenant's endpoints, oldest first. A plan's limit bounds them, so there are no pages. */
export async function listEndpoints(args: {
  ctx: RequestContext;
  config: PublicUrlConfig;
}): Promise<{ endpoints: EndpointSummary[] }> {
  requirePermission(args.ctx, "endpoints:read");
  const rows = await endpointsOfTenant(args.ctx.db, args.ctx.tenantId)
    .orderBy("endpoints.created_at")
    .execute();
  return { endpoints: rows.map((row) => toSummary(row, args.config)) };
}
