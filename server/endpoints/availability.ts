import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import type { ApiConfig } from "../config.ts";
import type { AvailabilityOutput } from "./schemas.ts";
import { findSlugFault, normalizeSlug, variantsOf } from "./slug.ts";

const SUGGESTIONS = 3;

/**
 * Says whether a name can be claimed now, and offers free ones like it when it cannot. An answer for the eye: only the
 * registration itself decides.
 *
 * @param tenantId who asks, when known: a tenant may take back the name that it released
 */
export async function checkAvailability(
  db: Db,
  input: { slug: string; tenantId: string | null },
  config: Pick<ApiConfig, "reservedSlugs" | "brandNames">,
): Promise<AvailabilityOutput> {
  const slug = normalizeSlug(input.slug);
  const fault = findSlugFault(slug, config);
  if (fault) {
    const suggestions = fault.fault === "reserved" ? await suggestSlugs(db, slug, config) : [];
    return { slug, available: false, reason: fault.fault, message: fault.message, suggestions };
  }
  const reason = (await findHolds(db, [slug], input.tenantId)).get(slug) ?? null;
  if (!reason) return { slug, available: true, reason: null, message: `${slug} is free`, suggestions: [] };
  const message =
    reason === "taken"
      ? `${slug} is taken`
      : `${slug} was given back lately and is kept for its former owner`;
  return { slug, available: false, reason, message, suggestions: await suggestSlugs(db, slug, config) };
}

/** Free names like `slug`, best first, at most three. */
export async function suggestSlugs(
  db: Db,
  slug: string,
  config: Pick<ApiConfig, "reservedSlugs" | "brandNames">,
): Promise<string[]> {
  const candidates = variantsOf(slug).filter((name) => findSlugFault(name, config) === null);
  if (candidates.length === 0) return [];
  const held = await findHolds(db, candidates, null);
  return candidates.filter((name) => !held.has(name)).slice(0, SUGGESTIONS);
}

/** Which of these names somebody has, or had until lately. Names that nobody holds are not in the answer. */
async function findHolds(
  db: Db,
  slugs: readonly string[],
  tenantId: string | null,
): Promise<Map<string, "taken" | "cooldown">> {
  const cooling = await db
    .selectFrom("released_names")
    .select("slug")
    .where("slug", "in", slugs)
    .where("available_at", ">", sql<Date>`now()`)
    .$if(tenantId !== null, (query) => query.where("tenant_id", "!=", tenantId as string))
    .execute();
  const taken = await db
    .selectFrom("endpoints")
    .select("slug")
    .where("slug", "in", slugs)
    .where("released_at", "is", null)
    .execute();
  return new Map([
    ...cooling.map(({ slug }) => [slug, "cooldown"] as const),
    ...taken.map(({ slug }) => [slug, "taken"] as const),
  ]);
}
