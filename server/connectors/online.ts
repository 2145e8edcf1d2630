import { type ExpressionBuilder, sql } from "kysely";
import type { Database } from "../../db/schema/index.ts";

/** The relay refreshes `last_seen_at` every 15 s; three missed refreshes and a connector counts as gone. */
export const ONLINE_WINDOW_SECONDS = 45;

/** True for a connector that is connected to a relay now. */
export function isOnline(eb: ExpressionBuilder<Database, "connectors">) {
  return eb.and([
    eb("connectors.status", "=", "online"),
    eb("connectors.revoked_at", "is", null),
    eb("connectors.last_seen_at", ">", sql<Date>`now() - make_interval(secs => ${ONLINE_WINDOW_SECONDS})`),
  ]);
}
