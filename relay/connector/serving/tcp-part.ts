import { formatSocketAddress } from "../../protocol/tcp/head.ts";
import type { PortalClient } from "../portal/client.ts";
import { TcpDispatcher } from "../tcp/dispatcher.ts";
import type { TcpTunnelOptions } from "../tcp/options.ts";
import { connectUpstream } from "../upstream/connect.ts";
import type { Log } from "../upstream/log.ts";
import type { EndpointReporter } from "../view/reporter.ts";

/** The TCP tunnels of an endpoint: their public ports, and what carries their streams. */
export class TcpPart {
  readonly names: string[];
  private readonly tunnels: readonly TcpTunnelOptions[];
  private readonly dispatcher: TcpDispatcher;
  private readonly reporter: EndpointReporter;
  /** Public addresses by name, once the portal has told them. */
  private readonly addresses = new Map<string, string>();

  constructor(tunnels: readonly TcpTunnelOptions[], log: Log, reporter: EndpointReporter) {
    this.tunnels = tunnels;
    this.names = tunnels.map(({ name }) => name);
    this.reporter = reporter;
    this.dispatcher = new TcpDispatcher({
      tunnels,
      connect: connectUpstream,
      log,
      onRecord: (record) => reporter.request(record),
    });
  }

  /** Takes a stream of kind 2. */
  get accept(): TcpDispatcher["accept"] {
    return this.dispatcher.accept;
  }

  /** Asks the portal for the public ports: the same ones each time. Throws what the portal throws. */
  async open(client: PortalClient, slug: string): Promise<void> {
    for (const { name } of this.tunnels) this.addresses.set(name, await client.openTcpTunnel(slug, name));
  }

  /** Says where each tunnel is to be reached. */
  announce(): void {
    for (const { name, host, port } of this.tunnels) {
      const address = this.addresses.get(name);
      if (address !== undefined) this.reporter.tcp(address, formatSocketAddress({ address: host, port }));
    }
  }

  close(): void {
    this.dispatcher.close();
  }
}
