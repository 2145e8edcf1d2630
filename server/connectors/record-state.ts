import { sql } from "kysely";
import { type Db, inTransaction } from "../../db/client.ts";
import type { ConnectorStatus } from "../../db/schema/index.ts";
import { notifyChange } from "../events.ts";

/** What a relay knows of a connector. An absent field leaves the stored value; latency is in milliseconds. */
export interface ConnectorState {
  readonly connectorId: string;
  readonly status: ConnectorStatus;
  readonly capacity?: number | undefined;
  readonly version?: string | undefined;
  readonly remoteAddress?: string | undefined;
  readonly latencyMs?: number | undefined;
  /** WebSockets it holds open now. */
  readonly links?: number | undefined;
  readonly relayId?: string | undefined;
}

/**
 * Writes what a relay sees of a connector and refreshes its `last_seen_at`. Processes are told only when the pages show
 * something new: the status or the version, not each latency. A relay that says `offline` is ignored when another relay
 * holds the connector by now (it moved there in the meantime).
 *
 * @returns false when there is no such connector
 */
export async function recordConnectorState(db: Db, state: ConnectorState): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const before = await tx
      .selectFrom("connectors")
      .innerJoin("endpoints", "endpoints.id", "connectors.endpoint_id")
      .select([
        "connectors.tenant_id",
        "connectors.endpoint_id",
        "connectors.status",
        "connectors.relay_id",
        "connectors.version",
        "connectors.remote_address",
        "endpoints.slug",
      ])
      .where("connectors.id", "=", state.connectorId)
      .forUpdate("connectors")
      .executeTakeFirst();
    if (!before) return false;
    const online = state.status === "online";
    const movedAway = !online && state.relayId !== undefined && before.relay_id !== null;
    if (movedAway && before.relay_id !== state.relayId) return true;

    const changedStatus = before.status !== state.status;
    const changed =
      changedStatus ||
      (state.version !== undefined && state.version !== before.version) ||
      (state.remoteAddress !== undefined && state.remoteAddress !== before.remote_address);
    await tx
      .updateTable("connectors")
      .set({
        status: state.status,
        last_seen_at: sql`now()`,
        ...(changedStatus && online ? { connected_at: sql`now()` } : {}),
        ...(online ? {} : { links: 0 }),
        ...(state.links !== undefined ? { links: state.links } : {}),
        ...(state.capacity !== undefined ? { capacity: state.capacity } : {}),
        ...(state.version !== undefined ? { version: state.version } : {}),
        ...(state.remoteAddress !== undefined ? { remote_address: state.remoteAddress } : {}),
        ...(state.latencyMs !== undefined ? { latency_ms: state.latencyMs } : {}),
        ...(state.relayId !== undefined ? { relay_id: state.relayId } : {}),
      })
      .where("id", "=", state.connectorId)
      .where("tenant_id", "=", before.tenant_id)
      .execute();
    if (changed) {
      await notifyChange(tx, {
        type: "connector",
        stateOnly: true,
        connectorId: state.connectorId,
        endpointId: before.endpoint_id,
        slug: before.slug,
        tenantId: before.tenant_id,
      });
    }
    return true;
  });
}

/**
 * Marks every connector of a relay offline: at its start (what a crash left behind) and at the end of its drain.
 * @returns how many were online
 */
export async function markRelayConnectorsOffline(db: Db, relayId: string): Promise<number> {
  return inTransaction(db, async (tx) => {
    const gone = await tx
      .updateTable("connectors")
      .from("endpoints")
      .set({ status: "offline", links: 0 })
      .whereRef("endpoints.id", "=", "connectors.endpoint_id")
      .where("connectors.relay_id", "=", relayId)
      .where("connectors.status", "=", "online")
      .returning(["connectors.id", "connectors.endpoint_id", "connectors.tenant_id", "endpoints.slug"])
      .execute();
    for (const row of gone) {
      await notifyChange(tx, {
        type: "connector",
        stateOnly: true,
        connectorId: row.id,
        endpointId: row.endpoint_id,
        slug: row.slug,
        tenantId: row.tenant_id,
      });
    }
    return gone.length;
  });
}
