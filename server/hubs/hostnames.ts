import { sql } from "kysely";
import { inTransaction, type Tx } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import type { SlugRules } from "../endpoints/index.ts";
import { DomainError } from "../errors.ts";
import { lockActiveLicense } from "../licenses/index.ts";
import { planOf } from "../plans.ts";
import type { HubDeps } from "./deps.ts";
import { getHubOfTenant, type HubRow, listHostnames, lockHubOfTenant, notifyHub } from "./internal.ts";
import { claimHostname } from "./names.ts";
import { AddHubHostnameInput, type HubDetail, type RemoveHubHostnameInput } from "./schemas.ts";
import { normalizeServiceUrl } from "./service-url.ts";
import { readDetail } from "./summary.ts";
import { wakeHub } from "./task-kinds.ts";
import { requireCloudflare, requireManaged } from "./want.ts";

/**
 * Gives a hub that is on one more host name, for a workspace host. It leads through the same tunnel.
 * @throws DomainError not_found/hub_not_found; conflict/hub_not_on; limit/plan_limit; what {@link claimHostname} throws
 */
export async function addHubHostname(args: {
  ctx: RequestContext;
  input: AddHubHostnameInput;
  deps: HubDeps;
  rules: SlugRules;
}): Promise<HubDetail> {
  const { ctx, deps, rules } = args;
  requirePermission(ctx, "hubs:write");
  const input = AddHubHostnameInput.parse(args.input);
  const cloudflare = requireCloudflare(deps);
  return inTransaction(ctx.db, async (tx) => {
    const { plan } = await lockActiveLicense(tx, ctx.tenantId);
    const hub = await lockHubOfTenant(tx, ctx.tenantId, input.hubId);
    requireOn(hub);
    const used = (await listHostnames(tx, hub)).filter(({ is_main }) => !is_main).length;
    const limit = planOf(plan).hubHostnames;
    if (used >= limit) {
      const message = `your plan allows ${limit} further host names per hub`;
      throw new DomainError("limit", "plan_limit", message, { limit, used });
    }
    const { id, host } = await claimHostname(tx, hub, {
      name: input.name,
      field: "name",
      domain: cloudflare.domain,
      zoneId: cloudflare.zoneId,
      isMain: false,
      serviceUrl: input.serviceUrl === undefined ? null : normalizeServiceUrl(input.serviceUrl),
      rules,
    });
    await recordAudit(tx, ctx, { action: "hub.add_hostname", subject: id, detail: { host } });
    return changeIngress(tx, hub);
  });
}

/** Takes a further host name back. @throws DomainError not_found/hub_not_found, not_found/hostname_not_found */
export async function removeHubHostname(args: {
  ctx: RequestContext;
  input: RemoveHubHostnameInput;
}): Promise<HubDetail> {
  const { ctx, input } = args;
  requirePermission(ctx, "hubs:write");
  return inTransaction(ctx.db, async (tx) => {
    const hub = await lockHubOfTenant(tx, ctx.tenantId, input.hubId);
    requireOn(hub);
    const gone = await tx
      .updateTable("hub_hostnames")
      .set({ wanted: false })
      .where("tenant_id", "=", ctx.tenantId)
      .where("hub_pk", "=", hub.id)
      .where("id", "=", input.id)
      .where("is_main", "=", false)
      .where("removed_at", "is", null)
      .returning("host")
      .executeTakeFirst();
    if (!gone) {
      throw new DomainError("not_found", "hostname_not_found", "this hub has no such further host name", {
        field: "id",
      });
    }
    await recordAudit(tx, ctx, {
      action: "hub.remove_hostname",
      subject: input.id,
      detail: { host: gone.host },
    });
    return changeIngress(tx, hub);
  });
}

function requireOn(hub: HubRow): void {
  requireManaged(hub);
  if (hub.state === "on" || hub.state === "provisioning") return;
  throw new DomainError("conflict", "hub_not_on", "Managed Cloudflare is not on for this hub");
}

/** The job writes the tunnel's rules and the records anew. */
async function changeIngress(tx: Tx, hub: HubRow): Promise<HubDetail> {
  await tx
    .updateTable("hubs")
    .set({ ingress_set_at: null, next_try_at: sql<Date>`now()`, failures: 0 })
    .where("id", "=", hub.id)
    .execute();
  await wakeHub(tx, hub.id);
  await notifyHub(tx, hub);
  return readDetail(tx, await getHubOfTenant(tx, hub.tenant_id, hub.hub_id));
}
