import { ButtonLink } from "~/components/ui/button.tsx";
import { EmptyState } from "~/components/ui/empty-state.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import type { EndpointDetail } from "~/lib/api-types.ts";
import { currentConnectors } from "~/lib/current-connectors.ts";
import { paths } from "~/lib/paths.ts";
import { ConnectCommands } from "./connect-command.tsx";
import { ConnectorTable } from "./connector-table.tsx";

interface ConnectorsPanelProps {
  endpoint: EndpointDetail;
  portalUrl: string;
}

/** Who serves the endpoint now, or how to bring it online. */
export function ConnectorsPanel({ endpoint, portalUrl }: ConnectorsPanelProps) {
  const { upstreamBaseUrl, online, slug } = endpoint;
  const connectors = currentConnectors(endpoint.connectors);
  if (upstreamBaseUrl) {
    return (
      <Panel
        id="connectors"
        title="Direct upstream"
        lead="Requests go straight from the relay to this address, no connector takes part."
      >
        <code className="break-all">{upstreamBaseUrl}</code>
      </Panel>
    );
  }
  return (
    <Panel
      id="connectors"
      title="Connectors"
      flush
      actions={
        online ? (
          <ButtonLink to={paths.endpointTry(slug)} look="quiet" size="sm">
            Try it
          </ButtonLink>
        ) : null
      }
    >
      {connectors.length > 0 ? <ConnectorTable connectors={connectors} /> : null}
      {online ? null : (
        <EmptyState
          title={connectors.length > 0 ? "No connector is online" : "No connector yet"}
          action={
            <div className="w-full min-w-0">
              <ConnectCommands slug={slug} licenseKey={null} portalUrl={portalUrl} />
            </div>
          }
        >
          The address answers 502 until one is connected. Put your license key into this line and run it
          beside your program.
        </EmptyState>
      )}
    </Panel>
  );
}
