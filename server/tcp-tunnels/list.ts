import type { ApiConfig } from "../config.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { getEndpointBySlug } from "../endpoints/index.ts";
import { planOf } from "../plans.ts";
import { rangesOfTenant, toSummary, tunnelsOfTenant } from "./internal.ts";
import type { ListTcpTunnelsInput, ListTcpTunnelsOutput } from "./schemas.ts";

/**
 * The tenant's TCP tunnels by port, of one endpoint or of all. The plan bounds them, so there are no pages.
 * @throws DomainError not_found/endpoint_not_found
 */
export async function listTcpTunnels(args: {
  ctx: RequestContext;
  input: ListTcpTunnelsInput;
  config: ApiConfig;
}): Promise<ListTcpTunnelsOutput> {
  const { ctx, input, config } = args;
  requirePermission(ctx, "endpoints:read");
  const endpoint =
    input.slug === undefined ? null : await getEndpointBySlug(ctx.db, ctx.tenantId, input.slug, "slug");
  const rows = await tunnelsOfTenant(ctx.db, ctx.tenantId).orderBy("tcp_tunnels.port").execute();
  const { plan } = await ctx.db
    .selectFrom("tenant_settings")
    .select("plan")
    .where("tenant_id", "=", ctx.tenantId)
    .executeTakeFirstOrThrow();
  const shown = endpoint === null ? rows : rows.filter(({ endpoint_id }) => endpoint_id === endpoint.id);
  return {
    tunnels: shown.map((row) => toSummary(row, config)),
    configured: config.tcpPorts !== null,
    limit: planOf(plan).tcpPorts,
    used: rows.length,
    ranges: await rangesOfTenant(ctx.db, ctx.tenantId),
  };
}
