import type { RequestContext } from "../context.ts";
import { normalizeSlug } from "../endpoints/slug.ts";
import { DomainError } from "../errors.ts";

/** Asks for what was used without a key, or without a model. Neither has such a name. */
export const NONE = "(none)";

/** What part of a tenant's usage is meant; null: all of it. */
export interface Filters {
  /** All endpoints that ever had the name, in this tenant: a released name may come back. */
  readonly endpointIds: readonly string[] | null;
  /** Empty: without a key. */
  readonly accessKeyId: string | null;
  /** Empty: without a model. */
  readonly model: string | null;
}

/** @throws DomainError not_found/endpoint_not_found, not_found/access_key_not_found */
export async function readFilters(
  ctx: RequestContext,
  input: { slug?: string | undefined; accessKeyId?: string | undefined; model?: string | undefined },
): Promise<Filters> {
  const [endpointIds, accessKeyId] = await Promise.all([
    input.slug === undefined ? null : getEndpointIds(ctx, input.slug),
    input.accessKeyId === undefined ? null : getAccessKeyId(ctx, input.accessKeyId),
  ]);
  const model = input.model === undefined ? null : input.model === NONE ? "" : input.model;
  return { endpointIds, accessKeyId, model };
}

async function getEndpointIds(ctx: RequestContext, rawSlug: string): Promise<string[]> {
  const rows = await ctx.db
    .selectFrom("endpoints")
    .select("id")
    .where("tenant_id", "=", ctx.tenantId)
    .where("slug", "=", normalizeSlug(rawSlug))
    .execute();
  if (rows.length > 0) return rows.map(({ id }) => id);
  throw new DomainError("not_found", "endpoint_not_found", "there is no such endpoint", { field: "slug" });
}

async function getAccessKeyId(ctx: RequestContext, accessKeyId: string): Promise<string> {
  if (accessKeyId === NONE) return "";
  const row = await ctx.db
    .selectFrom("access_keys")
    .select("id")
    .where("tenant_id", "=", ctx.tenantId)
    .where("id", "=", accessKeyId)
    .executeTakeFirst();
  if (row) return row.id;
  throw new DomainError("not_found", "access_key_not_found", "there is no such access key", {
    field: "accessKeyId",
  });
}
