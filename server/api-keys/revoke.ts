import { sql } from "kysely";
import { inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import { ApiKeyIdInput } from "./schemas.ts";

/**
 * Ends an API key, from the next request on.
 * @throws DomainError not_found/api_key_not_found, also when it was revoked before
 */
export async function revokeApiKey(args: {
  ctx: RequestContext;
  input: ApiKeyIdInput;
}): Promise<{ id: string }> {
  const { ctx } = args;
  requirePermission(ctx, "api_keys:write");
  const { id } = ApiKeyIdInput.parse(args.input);
  return inTransaction(ctx.db, async (tx) => {
    const row = await tx
      .updateTable("api_keys")
      .set({ revoked_at: sql`now()` })
      .where("id", "=", id)
      .where("tenant_id", "=", ctx.tenantId)
      .where("revoked_at", "is", null)
      .returning("id")
      .executeTakeFirst();
    if (!row)
      throw new DomainError("not_found", "api_key_not_found", "there is no such API key", { field: "id" });
    await recordAudit(tx, ctx, { action: "api_key.revoke", subject: id });
    return { id };
  });
}
