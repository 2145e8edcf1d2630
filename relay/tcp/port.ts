import type { EdgeRoute } from "../edge/deps.ts";
import { TcpConnection } from "./connection.ts";
import type { TcpDeps, TunnelOfPort } from "./deps.ts";
import type { ClientSocket, ClientSocketEvents } from "./listen.ts";

/** The public port of one tunnel: listens while a link serves it and for the grace time after, and has its connections. */
export class TunnelPort {
  readonly tunnel: TunnelOfPort;
  route: EdgeRoute;
  /** Why it cannot listen; null when it can, or need not. */
  fault: string | null = null;
  private readonly deps: TcpDeps;
  private readonly connections = new Set<TcpConnection>();
  private listener: { stop(): void } | null = null;
  /** When the last link left; null while there is one. */
  private leftAt: number | null;
  private triedAt = Number.NEGATIVE_INFINITY;

  constructor(deps: TcpDeps, tunnel: TunnelOfPort, route: EdgeRoute) {
    this.deps = deps;
    this.tunnel = tunnel;
    this.route = route;
    this.leftAt = deps.now();
  }

  get isListening(): boolean {
    return this.listener !== null;
  }

  /** A link serves it now. */
  get isServed(): boolean {
    return this.leftAt === null;
  }

  get connectionCount(): number {
    return this.connections.size;
  }

  /** No link, no connection, no listener: it can be forgotten. */
  get isIdle(): boolean {
    return !this.isServed && this.listener === null && this.connections.size === 0;
  }

  /** Looks who serves it now. */
  linksChanged(): void {
    const { links, now } = this.deps;
    if (links.links(this.tunnel.endpointId, this.tunnel.name).length === 0) {
      this.leftAt ??= now();
      return;
    }
    this.leftAt = null;
    this.listen();
    for (const connection of [...this.connections]) connection.linkCame();
  }

  /** Listens for the grace time, as a connector of it was there a moment ago. */
  expect(): void {
    if (this.listener === null && !this.isServed) {
      this.leftAt = this.deps.now();
      this.listen();
    }
  }

  /** Call every second. */
  tick(now: number): void {
    for (const connection of [...this.connections]) connection.tick(now);
    const { graceMs, retryMs } = this.deps.config;
    if (this.leftAt !== null && now - this.leftAt >= graceMs) this.stopListening();
    else if (this.fault !== null && now - this.triedAt >= retryMs) this.listen();
  }

  /** New connections find the port closed; running ones go on. */
  stopListening(): void {
    this.listener?.stop();
    this.listener = null;
    this.fault = null;
  }

  /** Stops listening and cuts every connection. */
  close(reason: string): void {
    this.stopListening();
    for (const connection of [...this.connections]) connection.cut(reason);
  }

  private listen(): void {
    if (this.listener !== null) return;
    const { deps, tunnel } = this;
    const { tunnelId, endpointId, port } = tunnel;
    this.triedAt = deps.now();
    try {
      this.listener = deps.listen(port, (socket) => this.accept(socket));
      if (this.fault !== null) deps.log.info({ tunnelId, endpointId, port }, "TCP port is free again");
      this.fault = null;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const fault =
        code === "EADDRINUSE"
          ? `port ${port} is in use by another program on the relay's machine`
          : `port ${port} cannot be listened at (${code ?? "unknown"})`;
      if (this.fault === null)
        deps.log.error({ err: error, tunnelId, endpointId, port }, "TCP port not opened");
      this.fault = fault;
    }
  }

  private accept(socket: ClientSocket): ClientSocketEvents | null {
    const { deps, route, tunnel } = this;
    const leave =
      this.connections.size < route.limits.maxConcurrentRequests
        ? deps.limits.enter(route.tenantId, socket.remoteAddress)
        : null;
    if (leave === null) {
      socket.destroy();
      return null;
    }
    const connection = new TcpConnection(deps, tunnel, route, socket, (gone) => {
      leave();
      this.connections.delete(gone);
    });
    this.connections.add(connection);
    connection.begin();
    return connection;
  }
}
