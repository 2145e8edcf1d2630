import type { Db } from "../../db/client.ts";

/** The slug of the endpoint that a proven custom domain leads to; null when nobody holds this host. */
export async function findSlugOfHost(db: Db, host: string): Promise<string | null> {
  const row = await db
    .selectFrom("custom_domains")
    .innerJoin("endpoints", "endpoints.id", "custom_domains.endpoint_id")
    .select("endpoints.slug")
    .where("custom_domains.host", "=", host)
    .where("custom_domains.held_since", "is not", null)
    .where("endpoints.released_at", "is", null)
    .executeTakeFirst();
  return row?.slug ?? null;
}
