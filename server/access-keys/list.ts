import { columns } from "../../db/schema/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import type { AccessKeySummary } from "./schemas.ts";

/** The tenant's access keys that are not revoked, newest first. */
export async function listAccessKeys(args: {
  ctx: RequestContext;
}): Promise<{ accessKeys: AccessKeySummary[] }> {
  const { ctx } = args;
  requirePermission(ctx, "access_keys:read");
  const rows = await ctx.db
    .selectFrom("access_keys")
    .leftJoin("endpoints", "endpoints.id", "access_keys.endpoint_id")
    .select(columns.accessKey)
    .select("endpoints.slug")
    .where("access_keys.tenant_id", "=", ctx.tenantId)
    .where("access_keys.revoked_at", "is", null)
    .orderBy("access_keys.created_at", "desc")
    .execute();
  return {
    accessKeys: rows.map((row) => ({
      id: row.id,
      name: row.name,
      hint: row.hint,
      endpointSlug: row.slug,
      createdAt: row.created_at.toISOString(),
      lastUsedAt: row.last_used_at?.toISOString() ?? null,
      expiresAt: row.expires_at?.toISOString() ?? null,
    })),
  };
}
