import { sql } from "kysely";
import { inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import { newId } from "../ids.ts";
import { lockActiveLicense } from "../licenses/index.ts";
import { planOf } from "../plans.ts";
import { createSecret, hashSecret, secretHint, secretPrefixes } from "../secrets.ts";
import { CreateApiKeyInput, type CreateApiKeyOutput } from "./schemas.ts";

/**
 * Makes a key that manages the tenant over REST in the name of its user. Nobody can give a key more than they hold.
 *
 * @throws DomainError forbidden/user_required; forbidden/permission_missing; limit/plan_limit
 */
export async function createApiKey(args: {
  ctx: RequestContext;
  input: CreateApiKeyInput;
}): Promise<CreateApiKeyOutput> {
  const { ctx } = args;
  requirePermission(ctx, "api_keys:write");
  const input = CreateApiKeyInput.parse(args.input);
  const userId = ctx.userId;
  if (userId === null) throw new DomainError("forbidden", "user_required", "only a user can make an API key");
  const permissions = [...new Set(input.permissions ?? ctx.permissions)];
  for (const permission of permissions) {
    if (ctx.permissions.includes("*") || ctx.permissions.includes(permission)) continue;
    throw new DomainError("forbidden", "permission_missing", `you do not hold the permission ${permission}`, {
      field: "permissions",
      permission,
    });
  }
  return inTransaction(ctx.db, async (tx) => {
    const limit = planOf((await lockActiveLicense(tx, ctx.tenantId)).plan).apiKeys;
    const { used } = await tx
      .selectFrom("api_keys")
      .select(sql<number>`count(*)::int`.as("used"))
      .where("tenant_id", "=", ctx.tenantId)
      .where("revoked_at", "is", null)
      .executeTakeFirstOrThrow();
    if (used >= limit) {
      throw new DomainError("limit", "plan_limit", `your plan allows ${limit} API keys`, { limit, used });
    }
    const secret = createSecret(secretPrefixes.apiKey);
    const row = await tx
      .insertInto("api_keys")
      .values({
        id: newId("api"),
        tenant_id: ctx.tenantId,
        user_id: userId,
        name: input.name,
        secret_hash: hashSecret(secret),
        hint: secretHint(secret),
        permissions,
      })
      .returning(["id", "name", "hint", "created_at"])
      .executeTakeFirstOrThrow();
    await recordAudit(tx, ctx, {
      action: "api_key.create",
      subject: row.id,
      detail: { name: input.name, permissions },
    });
    return {
      apiKey: {
        id: row.id,
        name: row.name,
        hint: row.hint,
        permissions,
        createdBy: userId,
        createdAt: row.created_at.toISOString(),
        lastUsedAt: null,
      },
      secret,
    };
  });
}
