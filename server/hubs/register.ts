import { sql } from "kysely";
import { inTransaction, type Tx } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import { newId } from "../ids.ts";
import { lockActiveLicense } from "../licenses/index.ts";
import { planOf } from "../plans.ts";
import { createSecret, hashSecret, secretHint, secretPrefixes } from "../secrets.ts";
import { requireGoodStanding } from "../tenants/index.ts";
import { countManagedHubs, getHubOfTenant, listHostnames, notifyHub } from "./internal.ts";
import { RegisterHubInput, type RegisterHubOutput } from "./schemas.ts";
import { leadElsewhere, normalizeServiceUrl } from "./service-url.ts";
import { mainHostOf, toSummary } from "./summary.ts";

/** What a hub's tunnel leads to unless it says so. */
const DEFAULT_SERVICE_URL = "http://localhost:8080";
/** Hubs with a Cloudflare account of their own cost us a row; they are free on every plan. */
const SELF_HOSTED_LIMIT = 10;

/**
 * Makes a hub known and gives it its token, which is in the answer and nowhere else. For a hub that is known, a new token is made
 * (the old one stops at once) and nothing else changes but what was given.
 *
 * @throws DomainError limit/plan_limit with `limit` and `used`; conflict/hub_mode_differs: it is known in the other mode;
 *   precondition/payment_required, forbidden/tenant_suspended, forbidden/license_inactive
 */
export async function registerHub(args: {
  ctx: RequestContext;
  input: RegisterHubInput;
}): Promise<RegisterHubOutput> {
  const { ctx } = args;
  requirePermission(ctx, "hubs:write");
  const input = RegisterHubInput.parse(args.input);
  const { tenantId } = ctx;
  return inTransaction(ctx.db, async (tx) => {
    await requireGoodStanding(tx, tenantId);
    // Also makes two registrations of one hub wait for each other.
    const license = await lockActiveLicense(tx, tenantId);
    const known = await tx
      .selectFrom("hubs")
      .select(["id", "mode", "state", "service_url"])
      .where("tenant_id", "=", tenantId)
      .where("hub_id", "=", input.hubId)
      .where("removed_at", "is", null)
      .executeTakeFirst();
    if (known && known.mode !== input.mode) {
      const message = `this hub is known as ${known.mode}: remove it first, or register under another hubId`;
      throw new DomainError("conflict", "hub_mode_differs", message, { field: "mode" });
    }
    const token = createSecret(secretPrefixes.hub);
    const secrets = { token_hash: hashSecret(token), token_hint: secretHint(token) };
    const id = known?.id ?? newId("hub");
    if (known) {
      await tx
        .updateTable("hubs")
        .set({ ...secrets, license_id: license.id, ...(input.name && { name: input.name }) })
        .where("id", "=", id)
        .where("tenant_id", "=", tenantId)
        .execute();
      if (input.serviceUrl !== undefined) await leadElsewhere(tx, known, input.serviceUrl);
    } else {
      await requirePlace(tx, tenantId, input.mode, planOf(license.plan).hubs);
      await tx
        .insertInto("hubs")
        .values({
          id,
          tenant_id: tenantId,
          hub_id: input.hubId,
          name: input.name ?? input.hubId,
          mode: input.mode,
          license_id: license.id,
          service_url: normalizeServiceUrl(input.serviceUrl ?? DEFAULT_SERVICE_URL),
          health_checks: "[]",
          ...secrets,
        })
        .execute();
    }
    await recordAudit(tx, ctx, {
      action: known ? "hub.register_again" : "hub.register",
      subject: id,
      detail: { hubId: input.hubId, mode: input.mode },
    });
    const hub = await getHubOfTenant(tx, tenantId, input.hubId);
    await notifyHub(tx, hub);
    const host = mainHostOf(await listHostnames(tx, hub));
    return { hub: toSummary(hub, host), accountId: tenantId, hubToken: token };
  });
}

async function requirePlace(
  tx: Tx,
  tenantId: string,
  mode: "managed" | "self_hosted",
  planLimit: number,
): Promise<void> {
  const limit = mode === "managed" ? planLimit : SELF_HOSTED_LIMIT;
  const used =
    mode === "managed" ? await countManagedHubs(tx, tenantId) : await countSelfHosted(tx, tenantId);
  if (used < limit) return;
  const message =
    limit === 0
      ? "your plan has no hubs: they come with Pro and Team"
      : `your plan allows ${limit} ${mode === "managed" ? "hubs" : "self-hosted hubs"}`;
  throw new DomainError("limit", "plan_limit", message, { limit, used });
}

async function countSelfHosted(tx: Tx, tenantId: string): Promise<number> {
  const { used } = await tx
    .selectFrom("hubs")
    .select(sql<number>`count(*)::int`.as("used"))
    .where("tenant_id", "=", tenantId)
    .where("mode", "=", "self_hosted")
    .where("removed_at", "is", null)
    .executeTakeFirstOrThrow();
  return used;
}
