import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import { inTransaction, type Tx } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import type { ApiConfig } from "../config.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { getEndpointBySlug } from "../endpoints/index.ts";
import { DomainError } from "../errors.ts";
import { newId } from "../ids.ts";
import { lockActiveLicense } from "../licenses/index.ts";
import { planOf } from "../plans.ts";
import { requireGoodStanding } from "../tenants/index.ts";
import { findHostFault, normalizeHost } from "./host.ts";
import { getDomainOfTenant, toSummary } from "./internal.ts";
import { AddDomainInput, type DomainSummary } from "./schemas.ts";

/**
 * Claims a host name for an endpoint. It is served as soon as its owner has set the TXT record of the answer. Claims that
 * nobody has proven may stand beside each other; who proves first holds the name.
 *
 * @throws DomainError invalid/host_<fault> with field `host`; not_found/endpoint_not_found; limit/plan_limit with `limit` and
 *   `used`; conflict/domain_exists: this account has it already; conflict/domain_held: another account has proven it
 */
export async function addDomain(args: {
  ctx: RequestContext;
  input: AddDomainInput;
  config: ApiConfig;
}): Promise<DomainSummary> {
  const { ctx, config } = args;
  requirePermission(ctx, "endpoints:write");
  const input = AddDomainInput.parse(args.input);
  const host = normalizeHost(input.host);
  const fault = findHostFault(host, config);
  if (fault) throw new DomainError("invalid", `host_${fault.fault}`, fault.message, { field: "host" });
  return inTransaction(ctx.db, async (tx) => {
    await requireGoodStanding(tx, ctx.tenantId);
    const license = await lockActiveLicense(tx, ctx.tenantId);
    const endpoint = await getEndpointBySlug(tx, ctx.tenantId, input.endpointSlug, "endpointSlug");
    await requirePlaceInPlan(tx, ctx.tenantId, planOf(license.plan).customDomains);
    await requireFreeHost(tx, ctx.tenantId, host);
    const id = newId("dom");
    await tx
      .insertInto("custom_domains")
      .values({
        id,
        tenant_id: ctx.tenantId,
        endpoint_id: endpoint.id,
        host,
        proof_token: randomBytes(20).toString("hex"),
        reason: "Set the two DNS records below.",
      })
      .execute();
    await recordAudit(tx, ctx, {
      action: "domain.add",
      subject: id,
      detail: { host, endpoint: endpoint.slug },
    });
    return toSummary(await getDomainOfTenant(tx, ctx.tenantId, id), config);
  });
}

async function requirePlaceInPlan(tx: Tx, tenantId: string, limit: number): Promise<void> {
  const used = await countDomains(tx, tenantId);
  if (used < limit) return;
  const message =
    limit === 0
      ? "your plan has no custom domains: they come with Pro and Team"
      : `your plan allows ${limit} custom domains`;
  throw new DomainError("limit", "plan_limit", message, { limit, used });
}

/** Claims of a tenant that are not removed. */
export async function countDomains(tx: RequestContext["db"], tenantId: string): Promise<number> {
  const { used } = await tx
    .selectFrom("custom_domains")
    .select(sql<number>`count(*)::int`.as("used"))
    .where("tenant_id", "=", tenantId)
    .where("removed_at", "is", null)
    .executeTakeFirstOrThrow();
  return used;
}

/** The license is locked, so a tenant's own claims do not race; those of others do, until one is proven. */
async function requireFreeHost(tx: Tx, tenantId: string, host: string): Promise<void> {
  const rows = await tx
    .selectFrom("custom_domains")
    .innerJoin("endpoints", "endpoints.id", "custom_domains.endpoint_id")
    .select(["custom_domains.id", "custom_domains.tenant_id", "endpoints.slug"])
    .where("host", "=", host)
    .where("removed_at", "is", null)
    .where((eb) => eb.or([eb("custom_domains.tenant_id", "=", tenantId), eb("held_since", "is not", null)]))
    .execute();
  const own = rows.find((row) => row.tenant_id === tenantId);
  if (own) {
    const message = `${host} is a domain of your endpoint ${own.slug} already`;
    throw new DomainError("conflict", "domain_exists", message, { field: "host" });
  }
  if (rows.length === 0) return;
  throw new DomainError(
    "conflict",
    "domain_held",
    `${host} is served for another account, whose TXT record _hotspot.${host} still stands: take that away and wait until it has lapsed`,
    { field: "host" },
  );
}
