import type { ApiConfig } from "../config.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { normalizeSlug } from "../endpoints/slug.ts";
import { DomainError } from "../errors.ts";
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
  const slug = input.slug === undefined ? null : normalizeSlug(input.slug);
  if (slug !== null) await requireEndpoint(ctx, slug);
  const rows = await selectDomains(ctx.db)
    .where("custom_domains.tenant_id", "=", ctx.tenantId)
    .$if(slug !== null, (query) => query.where("endpoints.slug", "=", slug as string))
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

async function requireEndpoint(ctx: RequestContext, slug: string): Promise<void> {
  const row = await ctx.db
    .selectFrom("endpoints")
    .select("id")
    .where("tenant_id", "=", ctx.tenantId)
    .where("slug", "=", slug)
    .where("released_at", "is", null)
    .executeTakeFirst();
  if (row) return;
  throw new DomainError("not_found", "endpoint_not_found", "there is no such endpoint", { field: "slug" });
}
