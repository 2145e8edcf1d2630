import type { RequestContext } from "../context.ts";
import { NONE } from "./filters.ts";
import type { GroupBy, UsageGroup } from "./schemas.ts";

/** Names the groups of a report, in the order of their ids. What is gone from the tables is called by its id. */
export async function nameGroups(
  ctx: RequestContext,
  by: GroupBy,
  groupIds: readonly string[],
): Promise<UsageGroup[]> {
  const names = await namesOf(ctx, by, groupIds.filter(Boolean));
  return groupIds.map((id) => {
    if (id === "") return { id: NONE, label: by === "model" ? "no model" : "no key", filter: NONE };
    const name = names.get(id);
    return { id, label: name?.label ?? id, filter: name?.filter ?? null };
  });
}

type Name = Pick<UsageGroup, "label" | "filter">;

async function namesOf(ctx: RequestContext, by: GroupBy, ids: string[]): Promise<Map<string, Name>> {
  if (ids.length === 0) return new Map();
  if (by === "model") return new Map(ids.map((id) => [id, { label: id, filter: id }]));
  if (by === "endpoint") {
    const rows = await ctx.db
      .selectFrom("endpoints")
      .select(["id", "slug", "released_at"])
      .where("tenant_id", "=", ctx.tenantId)
      .where("id", "in", ids)
      .execute();
    return new Map(
      rows.map(({ id, slug, released_at }) => [
        id,
        { label: released_at ? `${slug} (released)` : slug, filter: slug },
      ]),
    );
  }
  const rows = await ctx.db
    .selectFrom("access_keys")
    .select(["id", "name", "revoked_at"])
    .where("tenant_id", "=", ctx.tenantId)
    .where("id", "in", ids)
    .execute();
  return new Map(
    rows.map(({ id, name, revoked_at }) => [
      id,
      { label: revoked_at ? `${name} (revoked)` : name, filter: id },
    ]),
  );
}
