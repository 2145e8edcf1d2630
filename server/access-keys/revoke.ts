import { sql } from "kysely";
import { inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import { notifyChange } from "../events.ts";
import { AccessKeyIdInput } from "./schemas.ts";

/**
 * Ends an access key; relays refuse it as soon as they hear of it.
 * @throws DomainError not_found/access_key_not_found, also when it was revoked before
 */
export async function revokeAccessKey(args: {
  ctx: RequestContext;
  input: AccessKeyIdInput;
}): Promise<{ id: string }> {
  const { ctx } = args;
  requirePermission(ctx, "access_keys:write");
  const { id } = AccessKeyIdInput.parse(args.input);
  return inTransaction(ctx.db, async (tx) => {
    const row = await tx
      .updateTable("access_keys")
      .set({ revoked_at: sql`now()` })
      .where("id", "=", id)
      .where("tenant_id", "=", ctx.tenantId)
      .where("revoked_at", "is", null)
      .returning("id")
      .executeTakeFirst();
    if (!row)
      throw new DomainError("not_found", "access_key_not_found", "there is no such access key", {
        field: "id",
      });
    await recordAudit(tx, ctx, { action: "access_key.revoke", subject: id });
    await notifyChange(tx, { type: "access_key", tenantId: ctx.tenantId });
    return { id };
  });
}
