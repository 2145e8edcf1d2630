import { columns } from "../../db/schema/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import type { ApiKeySummary } from "./schemas.ts";

/** The tenant's API keys that are not revoked, newest first. */
export async function listApiKeys(args: { ctx: RequestContext }): Promise<{ apiKeys: ApiKeySummary[] }> {
  const { ctx } = args;
  requirePermission(ctx, "api_keys:read");
  const rows = await ctx.db
    .selectFrom("api_keys")
    .select(columns.apiKey)
    .where("tenant_id", "=", ctx.tenantId)
    .where("revoked_at", "is", null)
    .orderBy("created_at", "desc")
    .execute();
  return {
    apiKeys: rows.map((row) => ({
      id: row.id,
      name: row.name,
      hint: row.hint,
      permissions: row.permissions,
      createdBy: row.user_id,
      createdAt: row.created_at.toISOString(),
      lastUsedAt: row.last_used_at?.toISOString() ?? null,
    })),
  };
}
