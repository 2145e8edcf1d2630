import { sql } from "kysely";
import { inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { getHubOfTenant, lockHubOfTenant, notifyHub } from "./internal.ts";
import { normalizeServiceUrl } from "./register.ts";
import { type HubDetail, UpdateHubInput } from "./schemas.ts";
import { readDetail } from "./summary.ts";
import { wakeHub } from "./task-kinds.ts";

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
    const service = serviceUrl === undefined ? before.service_url : normalizeServiceUrl(serviceUrl);
    const leadsElsewhere = service !== before.service_url;
    const isUp = before.state === "on" || before.state === "provisioning";
    await tx
      .updateTable("hubs")
      .set({
        name: name ?? before.name,
        service_url: service,
        ...(leadsElsewhere && { ingress_set_at: null }),
        ...(leadsElsewhere && isUp && { next_try_at: sql<Date>`now()` }),
      })
      .where("id", "=", before.id)
      .where("tenant_id", "=", ctx.tenantId)
      .execute();
    if (leadsElsewhere && isUp) await wakeHub(tx, before.id);
    await recordAudit(tx, ctx, {
      action: "hub.update",
      subject: before.id,
      detail: { hubId, name: name ?? before.name, serviceUrl: service },
    });
    await notifyHub(tx, before);
    return readDetail(tx, await getHubOfTenant(tx, ctx.tenantId, hubId));
  });
}
