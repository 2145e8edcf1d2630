import { sql } from "kysely";
import type { Db } from "../../db/client.ts";

/** Kept for a while after the end, so that the log of a request can still name its connector. */
const KEEP_DAYS = 30;

/** Deletes connectors that can never come back: expired or revoked a month ago. For a daily job. */
export async function purgeConnectors(db: Db): Promise<number> {
  const result = await db
    .deleteFrom("connectors")
    .where(
      sql<boolean>`least(expires_at, coalesce(revoked_at, expires_at)) < now() - make_interval(days => ${KEEP_DAYS})`,
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
