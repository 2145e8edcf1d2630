import { inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { createSecret, hashSecret, secretHint, secretPrefixes } from "../secrets.ts";
import { lockHubOfTenant, notifyHub } from "./internal.ts";
import type { HubInput, HubTokenOutput } from "./schemas.ts";

/** Gives a hub a new token, shown once; the old one stops at once. @throws DomainError not_found/hub_not_found */
export async function rotateHubToken(args: {
  ctx: RequestContext;
  input: HubInput;
}): Promise<HubTokenOutput> {
  const { ctx, input } = args;
  requirePermission(ctx, "hubs:write");
  return inTransaction(ctx.db, async (tx) => {
    const hub = await lockHubOfTenant(tx, ctx.tenantId, input.hubId);
    const hubToken = createSecret(secretPrefixes.hub);
    await tx
      .updateTable("hubs")
      .set({ token_hash: hashSecret(hubToken), token_hint: secretHint(hubToken) })
      .where("id", "=", hub.id)
      .where("tenant_id", "=", ctx.tenantId)
      .execute();
    await recordAudit(tx, ctx, {
      action: "hub.rotate_token",
      subject: hub.id,
      detail: { hubId: hub.hub_id },
    });
    await notifyHub(tx, hub);
    return { hubToken };
  });
}
