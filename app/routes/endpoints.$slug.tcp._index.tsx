import type { LoaderFunctionArgs } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { orErrorPage } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { ReleaseTunnelButton } from "~/components/tcp-tunnels/release-tunnel-button.tsx";
import { TcpOff, TcpPlanLimit, TcpTunnelList } from "~/components/tcp-tunnels/tcp-tunnel-list.tsx";
import { EmptyState } from "~/components/ui/empty-state.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { Command } from "~/components/ui/terminal.tsx";
import { tcpCommand } from "~/lib/connect-command.ts";
import { paths } from "~/lib/paths.ts";
import { useEndpoint } from "~/lib/use-endpoint.ts";
import { useFreshPage } from "~/lib/use-fresh-page.ts";

export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const slug = args.params.slug ?? "";
  return orErrorPage(args.context.api.tcpTunnels.list({ slug }));
}

export default function TcpTunnels() {
  const { tunnels, configured, limit, used } = useLoaderData<typeof loader>();
  const { endpoint, portalUrl } = useEndpoint();
  const needsConnector = endpoint.upstreamBaseUrl !== null;
  useFreshPage(configured);
  return (
    <>
      <Panel
        id="tunnels"
        title="TCP tunnels"
        lead="Public ports that lead to ports of your machine: SSH, a database, anything that speaks TCP. A name keeps its port until you release it."
        actions={
          configured ? (
            <span className="text-mute">
              {used} of {limit} ports in use
            </span>
          ) : null
        }
        flush
      >
        {tunnels.length > 0 ? (
          <TcpTunnelList
            tunnels={tunnels}
            releaseButton={(tunnel) => (
              <ReleaseTunnelButton
                name={tunnel.name}
                port={tunnel.port}
                action={paths.endpointTcpTunnel(endpoint.slug, tunnel.id)}
              />
            )}
          />
        ) : configured && !needsConnector && used < limit ? (
          <EmptyState title="No TCP tunnel yet">
            The line below opens one when the connector starts. Whoever knows the address can connect, so let
            what is behind it ask for a password or a key.
          </EmptyState>
        ) : null}
        {configured ? (
          needsConnector ? (
            <TcpOff title="TCP tunnels need a connector">
              This endpoint forwards without one. Remove its upstream URL in the settings, then start a
              connector.
            </TcpOff>
          ) : used >= limit ? (
            <TcpPlanLimit limit={limit} />
          ) : null
        ) : (
          <TcpOff title="There are no TCP tunnels here">
            This installation has no ports for them. The people who run it can set RELAY_TCP_PORTS.
          </TcpOff>
        )}
      </Panel>
      {configured && !needsConnector ? (
        <Panel
          id="start"
          title="How to start one"
          lead={
            <>
              Name the local port; several can follow, and <code>db=10.0.0.5:5432</code> leads to another
              machine of your network. Beside HTTP it is <code>hotspot connect</code> with{" "}
              <code className="whitespace-nowrap">--tcp 22</code>.
            </>
          }
        >
          <Command
            title="run this on your machine"
            command={tcpCommand({ licenseKey: null, slug: endpoint.slug, tunnels: ["22"], portalUrl })}
          />
        </Panel>
      ) : null}
    </>
  );
}
