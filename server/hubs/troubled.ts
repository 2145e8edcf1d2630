import { type RequestContext, requirePermission } from "../context.ts";
import { bannerOf } from "./banner.ts";
import type { TroubledHubsOutput } from "./schemas.ts";

/** Hubs that are degraded or in error, with why: what every page of the portal says above itself. One cheap question. */
export async function listTroubledHubs({ ctx }: { ctx: RequestContext }): Promise<TroubledHubsOutput> {
  requirePermission(ctx, "hubs:read");
  const rows = await ctx.db
    .selectFrom("hubs")
    .selectAll()
    .where("tenant_id", "=", ctx.tenantId)
    .where("removed_at", "is", null)
    .where((where) => where.or([where("health", "!=", "ready"), where("failure", "is not", null)]))
    .orderBy("created_at")
    .execute();
  return {
    hubs: rows.flatMap((row) => {
      const { tone, title, reason } = bannerOf(row);
      if (tone !== "degraded" && tone !== "error") return [];
      return [{ hubId: row.hub_id, name: row.name, tone, title, reason }];
    }),
  };
}
