import { sql } from "kysely";
import { inTransaction, type Tx } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { getEndpointBySlug } from "../endpoints/index.ts";
import { DomainError } from "../errors.ts";
import { notifyChange } from "../events.ts";
import { newId } from "../ids.ts";
import { lockActiveLicense } from "../licenses/index.ts";
import { planOf } from "../plans.ts";
import { createSecret, hashSecret, secretHint, secretPrefixes } from "../secrets.ts";
import { CreateAccessKeyInput, type CreateAccessKeyOutput } from "./schemas.ts";

/**
 * Makes an access key for one endpoint, or for all of the tenant. The secret is in the answer and nowhere else.
 *
 * @throws DomainError not_found/endpoint_not_found; invalid/expires_in_past; limit/plan_limit
 */
export async function createAccessKey(args: {
  ctx: RequestContext;
  input: CreateAccessKeyInput;
}): Promise<CreateAccessKeyOutput> {
  const { ctx } = args;
  requirePermission(ctx, "access_keys:write");
  const input = CreateAccessKeyInput.parse(args.input);
  const expiresAt = input.expiresAt ? new Date(input.expiresAt) : null;
  if (expiresAt && expiresAt.getTime() <= Date.now()) {
    throw new DomainError("invalid", "expires_in_past", "expiresAt must be in the future", {
      field: "expiresAt",
    });
  }
  return inTransaction(ctx.db, async (tx) => {
    const license = await lockActiveLicense(tx, ctx.tenantId);
    const endpoint = input.endpointSlug
      ? await getEndpointBySlug(tx, ctx.tenantId, input.endpointSlug, "endpointSlug")
      : null;
    await requirePlace(tx, ctx.tenantId, planOf(license.plan).accessKeys);
    const secret = createSecret(secretPrefixes.accessKey);
    const row = await tx
      .insertInto("access_keys")
      .values({
        id: newId("key"),
        tenant_id: ctx.tenantId,
        endpoint_id: endpoint?.id ?? null,
        name: input.name,
        secret_hash: hashSecret(secret),
        hint: secretHint(secret),
        expires_at: expiresAt,
      })
      .returning(["id", "name", "hint", "created_at"])
      .executeTakeFirstOrThrow();
    await recordAudit(tx, ctx, {
      action: "access_key.create",
      subject: row.id,
      detail: { name: input.name, slug: endpoint?.slug ?? null },
    });
    await notifyChange(tx, { type: "access_key", tenantId: ctx.tenantId });
    return {
      accessKey: {
        id: row.id,
        name: row.name,
        hint: row.hint,
        endpointSlug: endpoint?.slug ?? null,
        createdAt: row.created_at.toISOString(),
        lastUsedAt: null,
        expiresAt: expiresAt?.toISOString() ?? null,
      },
      secret,
    };
  });
}

async function requirePlace(tx: Tx, tenantId: string, limit: number): Promise<void> {
  const { used } = await tx
    .selectFrom("access_keys")
    .select(sql<number>`count(*)::int`.as("used"))
    .where("tenant_id", "=", tenantId)
    .where("revoked_at", "is", null)
    .executeTakeFirstOrThrow();
  if (used < limit) return;
  throw new DomainError("limit", "plan_limit", `your plan allows ${limit} access keys`, { limit, used });
}
