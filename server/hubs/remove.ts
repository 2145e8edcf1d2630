import { sql } from "kysely";
import { inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import { lockHubOfTenant, notifyHub } from "./internal.ts";
import type { HubInput, OkOutput } from "./schemas.ts";

/**
 * Forgets a hub that is off; its token stops. Backups that are kept for a while are deleted at their time.
 * @throws DomainError not_found/hub_not_found; conflict/hub_not_off
 */
export async function removeHub({ ctx, input }: { ctx: RequestContext; input: HubInput }): Promise<OkOutput> {
  requirePermission(ctx, "hubs:write");
  return inTransaction(ctx.db, async (tx) => {
    const hub = await lockHubOfTenant(tx, ctx.tenantId, input.hubId);
    if (hub.state !== "off") {
      throw new DomainError("conflict", "hub_not_off", "switch Managed Cloudflare off first", {
        field: "hubId",
      });
    }
    await tx
      .updateTable("hubs")
      .set({ removed_at: sql<Date>`now()`, token_hash: null, token_hint: null })
      .where("id", "=", hub.id)
      .where("tenant_id", "=", ctx.tenantId)
      .execute();
    await recordAudit(tx, ctx, { action: "hub.remove", subject: hub.id, detail: { hubId: hub.hub_id } });
    await notifyHub(tx, hub);
    return { ok: true };
  });
}
