import { sql } from "kysely";
import { inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { notifyChange } from "../events.ts";
import { getDomainOfTenant } from "./internal.ts";
import { DomainIdInput, type RemovedDomainOutput } from "./schemas.ts";

/**
 * Takes a custom domain away: it stops being served at the commit, whatever its DNS says.
 * @throws DomainError not_found/domain_not_found
 */
export async function removeDomain(args: {
  ctx: RequestContext;
  input: DomainIdInput;
}): Promise<RemovedDomainOutput> {
  const { ctx } = args;
  requirePermission(ctx, "endpoints:write");
  const { id } = DomainIdInput.parse(args.input);
  return inTransaction(ctx.db, async (tx) => {
    const { host, endpoint_id, slug } = await getDomainOfTenant(tx, ctx.tenantId, id);
    await tx
      .updateTable("custom_domains")
      .set({ removed_at: sql`now()`, held_since: null, next_check_at: null })
      .where("id", "=", id)
      .where("tenant_id", "=", ctx.tenantId)
      .execute();
    await recordAudit(tx, ctx, { action: "domain.remove", subject: id, detail: { host } });
    const { tenantId } = ctx;
    await notifyChange(tx, { type: "endpoint", endpointId: endpoint_id, slug, tenantId, host });
    await notifyChange(tx, { type: "certificate" });
    return { id, host };
  });
}
