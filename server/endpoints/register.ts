import { sql } from "kysely";
import { inTransaction, type Tx } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import type { ApiConfig } from "../config.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import { notifyChange } from "../events.ts";
import { newId } from "../ids.ts";
import { lockActiveLicense } from "../licenses/index.ts";
import { planOf } from "../plans.ts";
import { createSecret, hashSecret, secretHint, secretPrefixes } from "../secrets.ts";
import { requireGoodStanding } from "../tenants/index.ts";
import { suggestSlugs } from "./availability.ts";
import { toIdentity } from "./internal.ts";
import { RegisterEndpointInput, type RegisterEndpointOutput } from "./schemas.ts";
import { findSlugFault, normalizeSlug } from "./slug.ts";
import { checkUpstreamBaseUrl } from "./upstream-url.ts";

/**
 * Claims a name for the tenant and makes its endpoint. The token is in the answer and nowhere else.
 *
 * @throws DomainError invalid/slug_<fault> with field `slug`; conflict/slug_taken and conflict/slug_cooldown with
 *   `suggestions`; limit/plan_limit with `limit` and `used`; invalid/upstream_not_allowed
 */
export async function registerEndpoint(args: {
  ctx: RequestContext;
  input: RegisterEndpointInput;
  config: ApiConfig;
}): Promise<RegisterEndpointOutput> {
  const { ctx, config } = args;
  requirePermission(ctx, "endpoints:write");
  const input = RegisterEndpointInput.parse(args.input);
  const slug = normalizeSlug(input.slug);
  const fault = findSlugFault(slug, config);
  if (fault) throw new DomainError("invalid", `slug_${fault.fault}`, fault.message, { field: "slug" });
  const upstream =
    input.upstreamBaseUrl === undefined ? null : checkUpstreamBaseUrl(input.upstreamBaseUrl, config);

  return inTransaction(ctx.db, async (tx) => {
    const standing = await requireGoodStanding(tx, ctx.tenantId);
    const license = await lockActiveLicense(tx, ctx.tenantId);
    await requireFreeName(tx, ctx.tenantId, slug, config);
    await requirePlaceInPlan(tx, ctx.tenantId, planOf(license.plan).endpoints);

    const endpointToken = createSecret(secretPrefixes.endpoint);
    const row = await tx
      .insertInto("endpoints")
      .values({
        id: newId("ep"),
        tenant_id: ctx.tenantId,
        license_id: license.id,
        slug,
        token_hash: hashSecret(endpointToken),
        token_hint: secretHint(endpointToken),
        upstream_base_url: upstream,
      })
      // The index decides races: of a hundred at once, one inserts and the others get no row.
      .onConflict((conflict) => conflict.column("slug").where("released_at", "is", null).doNothing())
      .returning(["id", "slug", "status"])
      .executeTakeFirst();
    if (!row) throw await slugTaken(tx, slug, config);
    await tx.deleteFrom("released_names").where("slug", "=", slug).execute();
    await recordAudit(tx, ctx, { action: "endpoint.register", subject: row.id, detail: { slug, upstream } });
    await notifyChange(tx, { type: "endpoint", endpointId: row.id, slug, tenantId: ctx.tenantId });
    return { endpoint: toIdentity({ ...row, ...standing }, config), endpointToken };
  });
}

async function requireFreeName(tx: Tx, tenantId: string, slug: string, config: ApiConfig): Promise<void> {
  const taken = await tx
    .selectFrom("endpoints")
    .select("tenant_id")
    .where("slug", "=", slug)
    .where("released_at", "is", null)
    .executeTakeFirst();
  if (taken) throw await slugTaken(tx, slug, config);
  const cooling = await tx
    .selectFrom("released_names")
    .select("available_at")
    .where("slug", "=", slug)
    .where("tenant_id", "!=", tenantId)
    .where("available_at", ">", sql<Date>`now()`)
    .executeTakeFirst();
  if (!cooling) return;
  throw new DomainError(
    "conflict",
    "slug_cooldown",
    `${slug} was given back lately and is kept for its former owner`,
    { field: "slug", suggestions: await suggestSlugs(tx, slug, config) },
  );
}

async function slugTaken(tx: Tx, slug: string, config: ApiConfig): Promise<DomainError> {
  const suggestions = await suggestSlugs(tx, slug, config);
  return new DomainError("conflict", "slug_taken", `${slug} is taken`, { field: "slug", suggestions });
}

async function requirePlaceInPlan(tx: Tx, tenantId: string, limit: number): Promise<void> {
  const { used } = await tx
    .selectFrom("endpoints")
    .select(sql<number>`count(*)::int`.as("used"))
    .where("tenant_id", "=", tenantId)
    .where("released_at", "is", null)
    .executeTakeFirstOrThrow();
  if (used < limit) return;
  const noun = limit === 1 ? "endpoint" : "endpoints";
  throw new DomainError("limit", "plan_limit", `your plan allows ${limit} ${noun}`, { limit, used });
}
