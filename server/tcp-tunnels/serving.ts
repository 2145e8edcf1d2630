import { sql } from "kysely";
import type { Db } from "../../db/client.ts";

/** A tunnel as the relay serves it. */
export interface ServedTcpTunnel {
  readonly tunnelId: string;
  readonly name: string;
  readonly port: number;
}

/** What a relay sees of a tunnel: it listens, it does not, or it cannot and why. */
export interface TcpTunnelState {
  readonly tunnelId: string;
  readonly serving: boolean;
  readonly fault: string | null;
}

/** Tunnels of an endpoint, for the relay. */
export async function findTcpTunnels(db: Db, endpointId: string): Promise<ServedTcpTunnel[]> {
  return await db
    .selectFrom("tcp_tunnels")
    .select(["id as tunnelId", "name", "port"])
    .where("endpoint_id", "=", endpointId)
    .where("released_at", "is", null)
    .orderBy("port")
    .execute();
}

/** Endpoints with a tunnel that some relay served within the last minute: their connectors may be on their way back. */
export async function listRecentTcpEndpoints(db: Db): Promise<{ endpointId: string; slug: string }[]> {
  return await db
    .selectFrom("tcp_tunnels")
    .innerJoin("endpoints", "endpoints.id", "tcp_tunnels.endpoint_id")
    .select(["endpoints.id as endpointId", "endpoints.slug"])
    .distinct()
    .where("tcp_tunnels.released_at", "is", null)
    .where("tcp_tunnels.served_at", ">", sql<Date>`now() - interval '1 minute'`)
    .execute();
}

/** Takes down what a relay sees now. One that serves a tunnel no longer says nothing of another that does. */
export async function recordTcpStates(
  db: Db,
  relayId: string,
  states: readonly TcpTunnelState[],
): Promise<void> {
  if (states.length === 0) return;
  await sql`
    update tcp_tunnels set
      served_by = case when state.serving then ${relayId} end,
      served_at = case when state.serving then now() end,
      fault = state.fault
    from json_to_recordset(${JSON.stringify(states)}::json) as state
      ("tunnelId" text, serving boolean, fault text)
    where tcp_tunnels.id = state."tunnelId"
      and tcp_tunnels.released_at is null
      and (state.serving or tcp_tunnels.served_by = ${relayId})`.execute(db);
}
