import { normalAddress } from "../edge/address.ts";
import type { EdgeRoute } from "../edge/deps.ts";
import { resetErrorCode } from "../edge/errors.ts";
import { pickTunnel } from "../edge/pick-tunnel.ts";
import type { SpendingRefusal } from "../metering/budgets/spending-book.ts";
import { ResetCode } from "../protocol/codes.ts";
import { BodyFraming, StreamKind } from "../protocol/stream.ts";
import { encodeTcpHead } from "../protocol/tcp/head.ts";
import { Splice, type SpliceEnd } from "../protocol/tcp/splice.ts";
import type { Tunnel } from "../routes/tunnel.ts";
import type { TcpDeps, TunnelOfPort } from "./deps.ts";
import type { ClientSocket, ClientSocketEvents } from "./listen.ts";

/** Links tried one after the other for a connection of which nothing has been sent yet. */
const MAX_ATTEMPTS = 3;

/** One client's connection at a tunnel's port, from the accept to its record. */
export class TcpConnection implements ClientSocketEvents {
  readonly startedAt: number;
  private readonly deps: TcpDeps;
  private readonly tunnel: TunnelOfPort;
  private readonly route: EdgeRoute;
  private readonly socket: ClientSocket;
  private readonly onGone: (connection: TcpConnection) => void;
  private readonly requestId: string;
  private readonly clientAddress: string;
  private readonly splice: Splice;
  private link: Tunnel | null = null;
  private attempts = 0;
  private openedAt = 0;
  private admitted = false;
  private finished = false;
  private movedAt: number;
  private moved = 0;
  private partAt: number;

  /** @param onGone told once, when its record is written */
  constructor(
    deps: TcpDeps,
    tunnel: TunnelOfPort,
    route: EdgeRoute,
    socket: ClientSocket,
    onGone: (connection: TcpConnection) => void,
  ) {
    this.deps = deps;
    this.tunnel = tunnel;
    this.route = route;
    this.socket = socket;
    this.onGone = onGone;
    this.requestId = deps.nextRequestId();
    this.clientAddress = normalAddress(socket.remoteAddress);
    this.startedAt = deps.now();
    this.movedAt = this.startedAt;
    this.partAt = this.startedAt;
    this.splice = this.newSplice();
  }

  /** Asks the budgets, then looks for a link. */
  begin(): void {
    // Until a link has it, what the client sends waits in the kernel.
    this.socket.pause();
    const { deps, requestId, route } = this;
    if (deps.budgets === undefined) {
      this.start();
      return;
    }
    const isFinished = () => this.finished;
    const asked = {
      requestId,
      tenantId: route.tenantId,
      endpointId: route.endpointId,
      accessKeyId: null,
      get finished() {
        return isFinished();
      },
    };
    const refusal = deps.budgets.admit(asked);
    if (refusal instanceof Promise) void refusal.then((decided) => this.decide(decided));
    else this.decide(refusal);
  }

  /** A link has come that serves the tunnel. */
  linkCame(): void {
    if (this.waits) this.start();
  }

  /** Call every second. */
  tick(now: number): void {
    if (this.finished) return;
    const { graceMs, idleMs, partMs } = this.deps.config;
    if (this.link === null) {
      if (now - this.startedAt >= graceMs) this.refuse(502, "connector_offline");
      return;
    }
    const moved = this.splice.bytesRead + this.splice.bytesWritten;
    if (moved !== this.moved) {
      this.moved = moved;
      this.movedAt = now;
    } else if (now - this.movedAt >= idleMs) {
      this.splice.stop(ResetCode.cancel, "idle for too long");
      return;
    }
    if (now - this.partAt < partMs) return;
    this.partAt = now;
    this.deps.meter.part(this.record(200, null, false));
  }

  /** Cuts it: the port is closed. */
  cut(reason: string): void {
    if (this.finished) return;
    if (this.link === null) this.refuse(502, "connector_offline");
    else this.splice.stop(ResetCode.cancel, reason);
  }

  onSocketData(chunk: Uint8Array): void {
    this.splice.onSocketData(chunk);
  }

  onSocketDrain(): void {
    this.splice.onSocketDrain();
  }

  onSocketEnd(): void {
    this.splice.onSocketEnd();
  }

  onSocketClose(failed: boolean): void {
    // One that nobody serves has nothing to finish.
    this.splice.onSocketClose(failed || this.link === null, ResetCode.cancel, "client went away");
  }

  private get waits(): boolean {
    return this.admitted && !this.finished && this.link === null;
  }

  private decide(refusal: SpendingRefusal | null): void {
    if (this.finished) return;
    if (refusal !== null) {
      this.refuse(429, refusal.kind === "quota" ? "quota_exceeded" : "budget_exceeded");
      return;
    }
    this.start();
  }

  /** Opens a stream at the least busy link; without one it waits for the next. */
  private start(avoid: Tunnel | null = null): void {
    this.admitted = true;
    const { deps, tunnel, socket, splice } = this;
    const head = encodeTcpHead({
      name: tunnel.name,
      client: { address: this.clientAddress, port: socket.remotePort },
      server: { address: normalAddress(socket.localAddress), port: socket.localPort },
    });
    const links = deps.links.links(tunnel.endpointId, tunnel.name);
    let passed = avoid;
    for (let tried = 0; tried < links.length; tried++) {
      const link = pickTunnel(links, passed);
      if (link === null) return;
      const stream = link.open(StreamKind.tcp, BodyFraming.none, head, false, splice);
      if (stream === null) {
        passed = link;
        continue;
      }
      this.link = link;
      this.attempts++;
      this.openedAt = deps.now();
      this.movedAt = this.openedAt;
      splice.attach(stream);
      socket.resume();
      return;
    }
  }

  private newSplice(): Splice {
    const splice: Splice = new Splice(
      this.socket,
      true,
      (end) => this.ended(splice, end),
      () => this.tryAgain(),
    );
    return splice;
  }

  /** The connector did not take it: perhaps another one does, or it has more room in a moment. */
  private tryAgain(): boolean {
    if (this.attempts >= MAX_ATTEMPTS) return false;
    const refused = this.link;
    this.link = null;
    this.start(refused);
    return true;
  }

  private ended(splice: Splice, end: SpliceEnd): void {
    if (this.finished) return;
    switch (end.by) {
      case "finished":
        this.finish(200, null, false);
        return;
      case "socket":
        this.finish(this.link === null ? 499 : 200, "client_aborted", true);
        return;
      case "stopped":
        this.finish(200, end.reason.startsWith("idle") ? "idle_timeout" : "tunnel_closed", false);
        return;
      default:
        this.finish(
          splice.bytesWritten > 0 ? 200 : 502,
          resetErrorCode(end.code ?? ResetCode.internal),
          false,
        );
    }
  }

  private refuse(status: number, errorCode: string): void {
    if (this.finished) return;
    this.finish(status, errorCode, false);
    this.socket.destroy();
  }

  private finish(status: number, errorCode: string | null, aborted: boolean): void {
    this.finished = true;
    this.deps.meter.finish(this.record(status, errorCode, aborted));
    this.onGone(this);
  }

  private record(status: number, errorCode: string | null, clientAborted: boolean) {
    const { route, tunnel, splice, deps, openedAt } = this;
    const now = deps.now();
    return {
      requestId: this.requestId,
      tenantId: route.tenantId,
      endpointId: route.endpointId,
      slug: route.slug,
      accessKeyId: null,
      connectorId: this.link?.connectorId ?? null,
      method: "TCP",
      path: tunnel.name,
      status,
      bytesIn: splice.bytesRead,
      bytesOut: splice.bytesWritten,
      startedAt: this.startedAt,
      durationMs: now - this.startedAt,
      queueMs: (openedAt || now) - this.startedAt,
      upstreamMs: 0,
      tunnelMs: null,
      clientAddress: this.clientAddress,
      errorCode,
      clientAborted,
      forwarded: openedAt > 0,
      usage: null,
    };
  }
}
