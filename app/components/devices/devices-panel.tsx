import { DataTable } from "~/components/ui/data-table.tsx";
import { EmptyState } from "~/components/ui/empty-state.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { Time } from "~/components/ui/time.tsx";
import type { Device } from "~/lib/api-types.ts";
import { ReleaseDeviceButton } from "./release-device-button.tsx";

interface DevicesPanelProps {
  devices: readonly Device[];
  limit: number;
}

/** The machines that the license is activated on. */
export function DevicesPanel({ devices, limit }: DevicesPanelProps) {
  return (
    <Panel
      id="devices"
      title="Devices"
      lead={`${devices.length} of ${limit} in use. A machine takes a place when it connects for the first time.`}
      flush
    >
      {devices.length > 0 ? (
        <DataTable
          caption="Devices"
          rows={devices}
          rowKey={(device) => device.id}
          columns={[
            {
              title: "Device",
              cell: (device) => (
                <>
                  <span className="block break-words">{device.name ?? device.deviceId}</span>
                  {device.name ? <code className="break-all text-mute">{device.deviceId}</code> : null}
                </>
              ),
            },
            { title: "Platform", wideOnly: true, cell: (device) => device.platform ?? "–" },
            { title: "Added", wideOnly: true, cell: (device) => <Time at={device.createdAt} /> },
            { title: "Last seen", cell: (device) => <Time at={device.lastSeenAt} /> },
            { title: "Actions", actions: true, cell: (device) => <ReleaseDeviceButton device={device} /> },
          ]}
        />
      ) : (
        <EmptyState title="No device yet">The first one appears when its connector starts.</EmptyState>
      )}
    </Panel>
  );
}
