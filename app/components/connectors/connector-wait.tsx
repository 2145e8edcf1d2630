import type { Connector } from "~/lib/api-types.ts";
import type { LiveState } from "~/lib/use-live-endpoint.ts";

interface ConnectorWaitProps {
  online: boolean;
  connectors: readonly Connector[];
  state: LiveState;
}

/** The line that turns by itself when the connector is there. */
export function ConnectorWait({ online, connectors, state }: ConnectorWaitProps) {
  return (
    <div
      role="status"
      className="flex items-start gap-3 rounded-md border border-line bg-surface px-4 py-3 data-[online=true]:border-ok-line data-[online=true]:bg-ok-wash"
      data-online={online}
    >
      <span
        aria-hidden="true"
        className={`mt-1.5 size-2.5 shrink-0 rounded-full ${online ? "bg-ok pulse-ring" : "bg-cold shimmering"}`}
      />
      <div className="min-w-0">
        <p className="font-medium">{online ? "Online" : "Waiting for your connector"}</p>
        <p className="break-words text-mute">{online ? whoIsThere(connectors) : waitingText[state]}</p>
      </div>
    </div>
  );
}

const waitingText: Record<LiveState, string> = {
  live: "This page notices by itself within a second of its start.",
  polling: "This page looks every two seconds.",
  lost: "This page cannot reach the portal just now. It keeps trying.",
};

function whoIsThere(connectors: readonly Connector[]): string {
  const connector = connectors.find((candidate) => candidate.status === "online");
  if (!connector) return "Requests are forwarded.";
  const name = connector.deviceName ?? connector.deviceId ?? "A connector";
  return [
    `${name} is connected`,
    connector.address && `from ${connector.address}`,
    connector.version && `version ${connector.version}`,
  ]
    .filter(Boolean)
    .join(", ");
}
