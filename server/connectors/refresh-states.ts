import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import type { ConnectorState } from "./record-state.ts";

/**
 * Refreshes connectors that a relay sees online as before, in one statement: with 10,000 of them a transaction each,
 * every 15 s, is most of what an idle relay does. Never waits for a row that is locked, and tells no process.
 *
 * @param states what is written of them is `latencyMs` and `links`
 * @returns those refreshed; the others are not what `states` says they are (or locked): `recordConnectorState` them
 */
export async function refreshConnectorStates(
  db: Db,
  relayId: string,
  states: readonly ConnectorState[],
): Promise<ReadonlySet<string>> {
  if (states.length === 0) return new Set();
  const ids = states.map(({ connectorId }) => connectorId);
  const latencies = states.map(({ latencyMs }) => latencyMs ?? null);
  const links = states.map((state) => state.links ?? null);
  const { rows } = await sql<{ id: string }>`
    with mine as (
      select connectors.id from connectors
      where connectors.id = any(${ids}::text[]) and connectors.relay_id = ${relayId} and connectors.status = 'online'
      for update skip locked
    )
    update connectors set
      last_seen_at = now(),
      latency_ms = coalesce(given.latency_ms, connectors.latency_ms),
      links = coalesce(given.links, connectors.links)
    from unnest(${ids}::text[], ${latencies}::float8[], ${links}::int4[]) as given (id, latency_ms, links), mine
    where connectors.id = given.id and connectors.id = mine.id
    returning connectors.id`.execute(db);
  return new Set(rows.map(({ id }) => id));
}
