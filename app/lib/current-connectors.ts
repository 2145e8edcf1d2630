import type { Connector } from "./api-types.ts";

/**
 * The connectors worth showing. Every start of a connector is a row of its own, so a device that is online hides its
 * earlier starts, and one that is not shows its last.
 *
 * @returns online ones first, otherwise in the order given
 */
export function currentConnectors(connectors: readonly Connector[]): Connector[] {
  const online = connectors.filter((connector) => connector.status === "online");
  const last = new Map<string, Connector>();
  for (const connector of connectors) {
    const device = deviceOf(connector);
    if (online.some((other) => deviceOf(other) === device)) continue;
    const known = last.get(device);
    if (!known || startOf(connector) > startOf(known)) last.set(device, connector);
  }
  return [...online, ...last.values()];
}

function deviceOf(connector: Connector): string {
  return connector.deviceId ?? connector.connectorId;
}

/** ISO 8601 in UTC sorts as text; never online sorts first. */
function startOf(connector: Connector): string {
  return connector.since ?? "";
}
