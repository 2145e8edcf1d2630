import type { TcpTunnelState } from "../../server/tcp-tunnels/index.ts";
import type { TcpDeps } from "./deps.ts";
import { TunnelPort } from "./port.ts";

interface Endpoint {
  readonly endpointId: string;
  readonly slug: string;
  readonly tenantIds: Set<string>;
  /** By id of the tunnel. */
  readonly ports: Map<string, TunnelPort>;
  /** What is known of it is doubtful: look it up. */
  stale: boolean;
  /** Connectors of it were there a moment ago: listen until they are back. */
  expected: boolean;
  reading: boolean;
  failedAt: number;
}

/** A look-up that failed is repeated after this, ms. */
const RETRY_READ_MS = 1_000;

/** All TCP tunnels of this relay: which ports are open, kept in step with links, tunnels and the standing of tenants. */
export class TcpRoom {
  private readonly deps: TcpDeps;
  private readonly endpoints = new Map<string, Endpoint>();
  private draining = false;
  private quiet: (() => void) | null = null;

  constructor(deps: TcpDeps) {
    this.deps = deps;
    deps.links.onChange((endpointId, slug) => this.linksChanged(endpointId, slug));
  }

  /** Open ports and connections, ports that could not be opened, and clients that were refused for their number. */
  get totals(): { ports: number; connections: number; blocked: number; refused: number } {
    const totals = { ports: 0, connections: 0, blocked: 0, refused: this.deps.limits.refused };
    for (const port of this.ports()) {
      if (port.isListening) totals.ports++;
      if (port.fault !== null) totals.blocked++;
      totals.connections += port.connectionCount;
    }
    return totals;
  }

  /** What is to be shown of each tunnel. */
  states(): TcpTunnelState[] {
    return [...this.ports()].map((port) => ({
      tunnelId: port.tunnel.tunnelId,
      serving: port.isServed && !this.draining,
      fault: port.fault,
    }));
  }

  /** These endpoints were served a moment ago, by this relay's predecessor: their ports are open for the grace time. */
  expect(endpoints: readonly { endpointId: string; slug: string }[]): void {
    for (const { endpointId, slug } of endpoints) {
      const endpoint = this.endpointOf(endpointId, slug);
      endpoint.expected = true;
      void this.read(endpoint);
    }
  }

  /** Tunnels or standing may have changed. Ports of what may not be served any more close as soon as that is known. */
  invalidate(fits: (endpoint: { endpointId: string; tenantIds: ReadonlySet<string> }) => boolean): void {
    for (const endpoint of this.endpoints.values()) {
      if (!fits(endpoint)) continue;
      endpoint.stale = true;
      void this.read(endpoint);
    }
  }

  /** Call every second. */
  tick(): void {
    const now = this.deps.now();
    this.deps.limits.sweep();
    for (const endpoint of this.endpoints.values()) {
      for (const [id, port] of endpoint.ports) {
        port.tick(now);
        if (port.isIdle) endpoint.ports.delete(id);
      }
      if (endpoint.stale) {
        if (now - endpoint.failedAt >= RETRY_READ_MS) void this.read(endpoint);
      } else if (
        endpoint.ports.size === 0 &&
        !endpoint.reading &&
        !this.deps.links.has(endpoint.endpointId)
      ) {
        this.endpoints.delete(endpoint.endpointId);
      }
    }
    this.settle();
  }

  /** Stops listening after `lingerMs`, when a successor has the ports. Resolves when the last connection has ended. */
  async drain(lingerMs: number): Promise<void> {
    await new Promise((done) => setTimeout(done, lingerMs));
    this.draining = true;
    for (const port of this.ports()) port.stopListening();
    await new Promise<void>((done) => {
      this.quiet = done;
      this.settle();
    });
  }

  /** Cuts what is left. */
  stop(): void {
    this.draining = true;
    for (const port of this.ports()) port.close("this relay is stopping");
    this.settle();
  }

  private linksChanged(endpointId: string, slug: string): void {
    if (this.draining) return;
    const endpoint = this.endpointOf(endpointId, slug);
    for (const port of endpoint.ports.values()) port.linksChanged();
    // Its tunnels may be new, or have been forgotten for want of a link.
    endpoint.stale = true;
    void this.read(endpoint);
  }

  private endpointOf(endpointId: string, slug: string): Endpoint {
    let endpoint = this.endpoints.get(endpointId);
    if (endpoint === undefined) {
      endpoint = {
        endpointId,
        slug,
        tenantIds: new Set(),
        ports: new Map(),
        stale: true,
        expected: false,
        reading: false,
        failedAt: Number.NEGATIVE_INFINITY,
      };
      this.endpoints.set(endpointId, endpoint);
    }
    return endpoint;
  }

  private async read(endpoint: Endpoint): Promise<void> {
    if (endpoint.reading) return;
    endpoint.reading = true;
    const { endpointId, slug } = endpoint;
    try {
      while (endpoint.stale) {
        endpoint.stale = false;
        const [route, tunnels] = await Promise.all([
          this.deps.lookupRoute(slug),
          this.deps.findTunnels(endpointId),
        ]);
        if (endpoint.stale) continue;
        const current = route?.endpointId === endpointId ? route : null;
        if (current !== null) endpoint.tenantIds.add(current.tenantId);
        this.arrange(endpoint, current?.state === "active" ? current : null, tunnels);
      }
    } catch (error) {
      endpoint.stale = true;
      endpoint.failedAt = this.deps.now();
      this.deps.log.warn({ err: error, endpointId }, "TCP tunnels not looked up");
    } finally {
      endpoint.reading = false;
    }
  }

  /** Makes the ports fit what was read. */
  private arrange(
    endpoint: Endpoint,
    route: Awaited<ReturnType<TcpDeps["lookupRoute"]>>,
    tunnels: Awaited<ReturnType<TcpDeps["findTunnels"]>>,
  ): void {
    const { first, last } = this.deps.config.ports;
    const allowed = new Map(
      route === null
        ? []
        : tunnels
            .filter(({ port }) => port >= first && port <= last)
            .map((tunnel) => [tunnel.tunnelId, tunnel] as const),
    );
    for (const [id, port] of endpoint.ports) {
      if (allowed.has(id)) continue;
      endpoint.ports.delete(id);
      port.close("the tunnel is closed");
    }
    if (route === null || this.draining) return;
    for (const [id, tunnel] of allowed) {
      let port = endpoint.ports.get(id);
      if (port === undefined) {
        port = new TunnelPort(this.deps, { ...tunnel, endpointId: endpoint.endpointId }, route);
        endpoint.ports.set(id, port);
      }
      port.route = route;
      port.linksChanged();
      if (endpoint.expected) port.expect();
    }
    endpoint.expected = false;
  }

  private *ports(): Iterable<TunnelPort> {
    for (const { ports } of this.endpoints.values()) yield* ports.values();
  }

  private settle(): void {
    if (this.quiet === null) return;
    for (const port of this.ports()) if (port.connectionCount > 0) return;
    this.quiet();
    this.quiet = null;
  }
}
