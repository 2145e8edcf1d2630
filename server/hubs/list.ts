import { type RequestContext, requirePermission } from "../context.ts";
import type { HubDeps } from "./deps.ts";
import { getHubOfTenant } from "./internal.ts";
import { offerOf } from "./offer.ts";
import type { HubDetail, ListHubsOutput } from "./schemas.ts";
import { readDetail, toSummary } from "./summary.ts";

/** All hubs of the tenant, and what Managed Cloudflare would be for it. */
export async function listHubs({
  ctx,
  deps,
}: {
  ctx: RequestContext;
  deps: HubDeps;
}): Promise<ListHubsOutput> {
  requirePermission(ctx, "hubs:read");
  const rows = await ctx.db
    .selectFrom("hubs")
    .leftJoin("hub_hostnames", (join) =>
      join
        .onRef("hub_hostnames.hub_pk", "=", "hubs.id")
        .onRef("hub_hostnames.tenant_id", "=", "hubs.tenant_id")
        .on("hub_hostnames.is_main", "=", true)
        .on("hub_hostnames.wanted", "=", true)
        .on("hub_hostnames.removed_at", "is", null),
    )
    .selectAll("hubs")
    .select("hub_hostnames.host")
    .where("hubs.tenant_id", "=", ctx.tenantId)
    .where("hubs.removed_at", "is", null)
    .orderBy("hubs.created_at")
    .execute();
  return {
    hubs: rows.map((row) => toSummary(row, row.host)),
    offer: await offerOf(ctx.db, ctx.tenantId, deps),
  };
}

/** @throws DomainError not_found/hub_not_found */
export async function getHub(args: { ctx: RequestContext; input: { hubId: string } }): Promise<HubDetail> {
  const { ctx, input } = args;
  requirePermission(ctx, "hubs:read");
  return readDetail(ctx.db, await getHubOfTenant(ctx.db, ctx.tenantId, input.hubId));
}
