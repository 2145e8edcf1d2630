import { type RawBuilder, sql } from "kysely";

/** The relay refreshes `last_seen_at` every 15 s; three missed refreshes and a connector counts as gone. */
export const ONLINE_WINDOW_SECONDS = 45;

/** Predicate over `connectors`: it is connected to a relay now. */
export function isOnline(): RawBuilder<boolean> {
  return sql<boolean>`(connectors.status = 'online' and connectors.revoked_at is null
    and connectors.last_seen_at > now() - make_interval(secs => ${ONLINE_WINDOW_SECONDS}))`;
}
