import { Link } from "@remix-run/react";
import type { ReactNode } from "react";
import { StatusDot } from "~/components/connectors/status-dot.tsx";
import { CopyButton } from "~/components/ui/copy-button.tsx";
import { DataTable } from "~/components/ui/data-table.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { Time } from "~/components/ui/time.tsx";
import type { TcpTunnel } from "~/lib/api-types.ts";
import { plural } from "~/lib/format.ts";
import { paths } from "~/lib/paths.ts";

interface TcpTunnelListProps {
  tunnels: readonly TcpTunnel[];
  releaseButton: (tunnel: TcpTunnel) => ReactNode;
}

export function TcpTunnelList({ tunnels, releaseButton }: TcpTunnelListProps) {
  return (
    <DataTable
      caption="TCP tunnels"
      rows={tunnels}
      rowKey={(tunnel) => tunnel.id}
      columns={[
        {
          title: "Name and public address",
          cell: (tunnel) => (
            <>
              <span className="block break-all">{tunnel.name}</span>
              <span className="flex items-center gap-1 text-mute">
                <code className="break-all">{tunnel.publicAddress}</code>
                <CopyButton text={tunnel.publicAddress} what={`address of ${tunnel.name}`} />
              </span>
            </>
          ),
        },
        { title: "State", cell: (tunnel) => <TunnelState tunnel={tunnel} /> },
        { title: "Since", wideOnly: true, cell: (tunnel) => <Time at={tunnel.createdAt} /> },
        { title: "Actions", actions: true, cell: releaseButton },
      ]}
    />
  );
}

function TunnelState({ tunnel }: { tunnel: TcpTunnel }) {
  if (tunnel.state === "blocked") {
    return (
      <>
        <span className="text-bad">blocked</span>
        <span className="block text-[0.867rem] text-mute">{tunnel.fault}; trying again</span>
      </>
    );
  }
  return (
    <span className="inline-flex items-center gap-2 whitespace-nowrap">
      <StatusDot online={tunnel.state === "online"} />
      {tunnel.state}
    </span>
  );
}

/** Why there can be none. */
export function TcpOff({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="border-t border-line p-4 first:border-t-0 sm:p-5">
      <Notice title={title}>{children}</Notice>
    </div>
  );
}

export function TcpPlanLimit({ limit }: { limit: number }) {
  return (
    <div className="border-t border-line p-4 first:border-t-0 sm:p-5">
      <Notice tone="warn" title={`Your plan allows ${plural(limit, "TCP port")}, and all are in use`}>
        Release one, or{" "}
        <Link to={paths.billing} className="link">
          choose a larger plan
        </Link>
        .
      </Notice>
    </div>
  );
}
