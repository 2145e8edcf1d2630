import type { ApiConfig } from "../config.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { getEndpointBySlug } from "../endpoints/index.ts";
import { planOf } from "../plans.ts";
import { countDomains } from "./add.ts";
import type { DomainDeps } from "./deps.ts";
import { selectDomains, toSummary } from "./internal.ts";
import { ListDomainsInput, type ListDomainsOutput } from "./schemas.ts";

/**
 * The tenant's custom domains, oldest first, and what its plan allows of them.
 * @throws DomainError not_found/endpoint_not_found when a slug is named that is not the tenant's
 */
export async function listDomains(args: {
  ctx: RequestContext;
  input: ListDomainsInput;
  config: ApiConfig;
  deps: Pick<DomainDeps, "certificates">;
}): Promise<ListDomainsOutput> {
  const { ctx, config, deps } = args;
  requirePermission(ctx, "endpoints:read");
  const input = ListDomainsInput.parse(args.input);
  const endpoint =
    input.slug === undefined ? null : await getEndpointBySlug(ctx.db, ctx.tenantId, input.slug, "slug");
  const rows = await selectDomains(ctx.db)
    .where("custom_domains.tenant_id", "=", ctx.tenantId)
    .$if(endpoint !== null, (query) => query.where("endpoints.slug", "=", endpoint!.slug))
    .orderBy("custom_domains.created_at")
    .execute();
  const { plan } = await ctx.db
    .selectFrom("tenant_settings")
    .select("plan")
    .where("tenant_id", "=", ctx.tenantId)
    .executeTakeFirstOrThrow();
  return {
    domains: rows.map((row) => toSummary(row, config)),
    certificates: deps.certificates === null ? "off" : "acme",
    limit: planOf(plan).customDomains,
    used: await countDomains(ctx.db, ctx.tenantId),
  };
}
