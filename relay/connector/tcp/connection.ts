import { LINK_LOST, ResetCode } from "../../protocol/codes.ts";
import type { AcceptedStream, AcceptedStreamEvents } from "../../protocol/stream.ts";
import type { TcpHead } from "../../protocol/tcp/head.ts";
import { Splice, type SpliceEnd } from "../../protocol/tcp/splice.ts";
import type { ExchangeRecord } from "../upstream/dispatcher.ts";
import { connectFailure, connectTimedOut, type Failure } from "../upstream/failure.ts";
import type { ConnectUpstream, SocketOwner, UpstreamSocket } from "../upstream/socket.ts";
import type { TcpTunnelOptions } from "./options.ts";
import { proxyHeader } from "./proxy-protocol.ts";

export interface TcpConnectionOptions {
  tunnel: TcpTunnelOptions;
  head: TcpHead;
  stream: AcceptedStream;
  connect: ConnectUpstream;
  /** Monotonic milliseconds. */
  now(): number;
  /** Told once, at the end. */
  onRecord(record: ExchangeRecord): void;
}

/** One connection of a tunnel to its target. */
export class TcpConnection implements SocketOwner {
  private readonly options: TcpConnectionOptions;
  private readonly startedAt: number;
  private readonly socket: UpstreamSocket;
  private readonly splice: Splice;
  private failure: Failure | null = null;

  constructor(options: TcpConnectionOptions) {
    const { tunnel, head, stream, connect } = options;
    this.options = options;
    this.startedAt = options.now();
    this.socket = connect({ host: tunnel.host, port: tunnel.port, tls: null }, this);
    this.splice = new Splice(this.socket, false, (end) => this.ended(end));
    if (tunnel.proxyProtocol) this.splice.prefix(proxyHeader(head.client, head.server));
    this.splice.attach(stream);
  }

  /** What the stream tells. */
  get events(): AcceptedStreamEvents {
    return this.splice;
  }

  /** Gives up an attempt to connect that began before this time. */
  checkConnect(before: number): void {
    if (this.socket.connected || this.startedAt > before) return;
    this.fail(connectTimedOut);
  }

  onSocketOpen(): void {
    this.splice.onSocketDrain();
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

  onSocketClose(error: Error | null): void {
    if (!this.socket.connected) {
      this.fail(connectFailure(error));
      return;
    }
    if (error !== null) this.failure = { code: ResetCode.upstreamReset, reason: "connection reset" };
    this.splice.onSocketClose(error !== null);
  }

  private fail(failure: Failure): void {
    this.failure = failure;
    this.splice.stop(failure.code, failure.reason);
  }

  private ended(end: SpliceEnd): void {
    const { tunnel, now, onRecord } = this.options;
    const { bytesRead, bytesWritten } = this.splice;
    const { code } = end;
    if (code !== null && this.failure === null) {
      // Of the codes that a relay sends, only the loss of the link is not the client's doing.
      this.failure = {
        code: code === LINK_LOST ? ResetCode.cancel : (code as ResetCode),
        reason: end.reason,
      };
    }
    onRecord({
      method: "TCP",
      path: tunnel.name,
      status: 0,
      durationMs: now() - this.startedAt,
      bytesIn: bytesWritten,
      bytesOut: bytesRead,
      failure: this.failure,
    });
  }
}
