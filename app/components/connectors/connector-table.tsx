import { DataTable } from "~/components/ui/data-table.tsx";
import { Time } from "~/components/ui/time.tsx";
import type { Connector } from "~/lib/api-types.ts";
import { formatDuration } from "~/lib/format.ts";
import { StatusDot } from "./status-dot.tsx";

/** Who serves the endpoint: machines, where they come from, since when, how far away. */
export function ConnectorTable({ connectors }: { connectors: readonly Connector[] }) {
  return (
    <DataTable
      caption="Connectors"
      rows={connectors}
      rowKey={(connector) => connector.connectorId}
      columns={[
        {
          title: "Device",
          cell: (connector) => (
            <span className="flex items-center gap-2.5">
              <StatusDot online={connector.status === "online"} />
              <span className="min-w-0">
                <span className="block break-words">
                  {connector.deviceName ?? connector.deviceId ?? "Without a device"}
                </span>
                <span className="text-[0.867rem] text-mute">{connector.status}</span>
              </span>
            </span>
          ),
        },
        { title: "Address", wideOnly: true, cell: (connector) => <code>{connector.address ?? "–"}</code> },
        { title: "Version", wideOnly: true, cell: (connector) => <code>{connector.version ?? "–"}</code> },
        { title: "Since", cell: (connector) => (connector.since ? <Time at={connector.since} /> : "–") },
        {
          title: "Latency",
          numeric: true,
          cell: (connector) => (connector.latencyMs === null ? "–" : formatDuration(connector.latencyMs)),
        },
      ]}
    />
  );
}
