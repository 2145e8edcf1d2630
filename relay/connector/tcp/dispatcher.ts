import {
  type AcceptedStream,
  type AcceptedStreamEvents,
  type BodyFraming,
  StreamKind,
} from "../../protocol/stream.ts";
import { decodeTcpHead } from "../../protocol/tcp/head.ts";
import type { ExchangeRecord } from "../upstream/dispatcher.ts";
import type { Log } from "../upstream/log.ts";
import type { ConnectUpstream } from "../upstream/socket.ts";
import { TcpConnection } from "./connection.ts";
import type { TcpTunnelOptions } from "./options.ts";

export interface TcpDispatcherOptions {
  tunnels: readonly TcpTunnelOptions[];
  connect: ConnectUpstream;
  log: Log;
  /** Time for a connection to the target, ms. */
  connectTimeoutMs?: number;
  /** Monotonic milliseconds. */
  now?: () => number;
  onRecord?: (record: ExchangeRecord) => void;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** Carries TCP streams of any number of sessions to the targets of their tunnels. */
export class TcpDispatcher {
  private readonly options: TcpDispatcherOptions;
  private readonly tunnels: ReadonlyMap<string, TcpTunnelOptions>;
  private readonly running = new Set<TcpConnection>();
  private readonly connectTimeoutMs: number;
  private readonly now: () => number;
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(options: TcpDispatcherOptions) {
    this.options = options;
    this.tunnels = new Map(options.tunnels.map((tunnel) => [tunnel.name, tunnel]));
    this.connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
    this.now = options.now ?? (() => performance.now());
    this.timer = setInterval(() => this.sweep(), Math.min(1_000, this.connectTimeoutMs / 4));
    this.timer.unref();
  }

  /** Connections going on. */
  get active(): number {
    return this.running.size;
  }

  /** Takes a stream of kind 2; made to be the `onOpen` of a session. Null refuses it. */
  readonly accept = (
    stream: AcceptedStream,
    kind: StreamKind,
    _framing: BodyFraming,
    head: Uint8Array,
  ): AcceptedStreamEvents | null => {
    const read = kind === StreamKind.tcp ? decodeTcpHead(head) : null;
    if (read === null) {
      this.options.log("error", "head of a TCP stream not understood");
      return null;
    }
    const tunnel = this.tunnels.get(read.name);
    if (tunnel === undefined) return null;
    const connection = new TcpConnection({
      tunnel,
      head: read,
      stream,
      connect: this.options.connect,
      now: this.now,
      onRecord: (record) => {
        this.running.delete(connection);
        this.options.onRecord?.(record);
      },
    });
    this.running.add(connection);
    return connection.events;
  };

  /** Stops the clock; running connections go on until their links end. */
  close(): void {
    clearInterval(this.timer);
  }

  private sweep(): void {
    const before = this.now() - this.connectTimeoutMs;
    for (const connection of [...this.running]) connection.checkConnect(before);
  }
}
