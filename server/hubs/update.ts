import { inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { getHubOfTenant, lockHubOfTenant, notifyHub } from "./internal.ts";
import { type HubDetail, UpdateHubInput } from "./schemas.ts";
import { leadElsewhere } from "./service-url.ts";
import { readDetail } from "./summary.ts";

/**
 * Changes what people call a hub and what its tunnel leads to. The tunnel follows within seconds.
 * @throws DomainError not_found/hub_not_found
 */
export async function updateHub(args: { ctx: RequestContext; input: UpdateHubInput }): Promise<HubDetail> {
  const { ctx } = args;
  requirePermission(ctx, "hubs:write");
  const { hubId, name, serviceUrl } = UpdateHubInput.parse(args.input);
  return inTransaction(ctx.db, async (tx) => {
    const before = await lockHubOfTenant(tx, ctx.tenantId, hubId);
    if (name !== undefined) {
      await tx
        .updateTable("hubs")
        .set({ name })
        .where("id", "=", before.id)
        .where("tenant_id", "=", ctx.tenantId)
        .execute();
    }
    if (serviceUrl !== undefined) await leadElsewhere(tx, before, serviceUrl);
    await recordAudit(tx, ctx, {
      action: "hub.update",
      subject: before.id,
      detail: { hubId, name: name ?? before.name, serviceUrl: serviceUrl ?? before.service_url },
    });
    await notifyHub(tx, before);
    return readDetail(tx, await getHubOfTenant(tx, ctx.tenantId, hubId));
  });
}
