import type { RequestContext } from "../context.ts";
import type { LogRow } from "./read-log.ts";

export type NamedLogRow = LogRow & {
  readonly slug: string | null;
  readonly access_key_name: string | null;
};

/** Rows of the tenant's log with the names of their endpoints and keys; null for one that is gone. */
export async function withNames(
  { db, tenantId }: Pick<RequestContext, "db" | "tenantId">,
  rows: readonly LogRow[],
): Promise<NamedLogRow[]> {
  const [endpoints, keys] = await Promise.all([
    namesOf(
      rows.map(({ endpoint_id }) => endpoint_id),
      (ids) =>
        db
          .selectFrom("endpoints")
          .select(["id", "slug as name"])
          .where("tenant_id", "=", tenantId)
          .where("id", "in", ids)
          .execute(),
    ),
    namesOf(
      rows.map(({ access_key_id }) => access_key_id),
      (ids) =>
        db
          .selectFrom("access_keys")
          .select(["id", "name"])
          .where("tenant_id", "=", tenantId)
          .where("id", "in", ids)
          .execute(),
    ),
  ]);
  return rows.map((row) => ({
    ...row,
    slug: endpoints.get(row.endpoint_id) ?? null,
    access_key_name: keys.get(row.access_key_id ?? "") ?? null,
  }));
}

async function namesOf(
  ids: readonly (string | null)[],
  find: (ids: string[]) => Promise<{ id: string; name: string | null }[]>,
): Promise<Map<string, string | null>> {
  const known = [...new Set(ids)].filter((id) => id !== null);
  const found = known.length === 0 ? [] : await find(known);
  return new Map(found.map(({ id, name }) => [id, name]));
}
