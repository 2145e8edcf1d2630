import { sql } from "kysely";
import type { Db } from "../../db/client.ts";

/**
 * Endpoints whose connectors were there less than a minute ago, on any relay: after a restart their requests wait for
 * the connector to come back instead of failing at once.
 */
export async function listRecentlySeenEndpoints(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom("connectors")
    .select("endpoint_id")
    .distinct()
    .where("revoked_at", "is", null)
    .where("last_seen_at", ">", sql<Date>`now() - interval '60 seconds'`)
    .execute();
  return rows.map((row) => row.endpoint_id);
}
