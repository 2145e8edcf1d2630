import type { Db } from "../../db/client.ts";
import { connectorNotFound } from "./internal.ts";
import { recordConnectorState } from "./record-state.ts";
import { HeartbeatInput } from "./schemas.ts";

/**
 * A relay without database access of its own reports a connector.
 * @throws DomainError not_found/connector_not_found
 */
export async function heartbeatConnector(db: Db, input: HeartbeatInput): Promise<{ ok: true }> {
  const known = await recordConnectorState(db, HeartbeatInput.parse(input));
  if (!known) throw connectorNotFound();
  return { ok: true };
}
