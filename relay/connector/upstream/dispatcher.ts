import { ResetCode } from "../../protocol/codes.ts";
import type { AcceptedStream, AcceptedStreamEvents } from "../../protocol/stream.ts";
import { BodyFraming, StreamKind } from "../../protocol/stream.ts";
import { Exchange, type ExchangeHost } from "./exchange.ts";
import type { Failure } from "./failure.ts";
import type { Log } from "./log.ts";
import { UpstreamPool } from "./pool.ts";
import { type HostHeader, RequestHeadWriter } from "./request-head.ts";
import type { ConnectUpstream } from "./socket.ts";
import type { UpstreamTarget } from "./target.ts";

/** One finished exchange, for the list of requests. */
export interface ExchangeRecord {
  method: string;
  /** Without its query. */
  path: string;
  /** 0 when there was no response. */
  status: number;
  durationMs: number;
  bytesIn: number;
  bytesOut: number;
  /** Null when it ran to its end. */
  failure: Failure | null;
}

export interface DispatcherOptions {
  target: UpstreamTarget;
  connect: ConnectUpstream;
  log: Log;
  hostHeader?: HostHeader;
  /** Time for a connection, ms. */
  connectTimeoutMs?: number;
  /** Silence allowed between the last byte of the request and the response head, ms: a model may think. */
  headTimeoutMs?: number;
  maxIdleSockets?: number;
  idleTimeoutMs?: number;
  /** Monotonic milliseconds. */
  now?: () => number;
  onRecord?: (record: ExchangeRecord) => void;
  /** The upstream can be started: it is, when this is told, and the relay sends the request again. */
  onUnreachable?: () => void;
}

const CONNECT_TIMEOUT_MS = 10_000;
const HEAD_TIMEOUT_MS = 330_000;
/** As many as a busy endpoint has requests at once: what is more would be connected anew for each request. */
const MAX_IDLE_SOCKETS = 512;
const IDLE_TIMEOUT_MS = 4_000;

/** Carries the streams of any number of sessions to one upstream. */
export class Dispatcher implements ExchangeHost {
  readonly pool: UpstreamPool;
  readonly connectTimeoutMs: number;
  readonly headTimeoutMs: number;
  readonly now: () => number;
  private readonly log: Log;
  private readonly heads: RequestHeadWriter;
  private readonly onRecord: ((record: ExchangeRecord) => void) | undefined;
  private readonly onUnreachable: (() => void) | undefined;
  private readonly running = new Set<Exchange>();
  /** What the message of the link that is being read has brought. */
  private unsent: Exchange[] = [];
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(options: DispatcherOptions) {
    const { target, connect, log, hostHeader = "rewrite" } = options;
    this.log = log;
    this.now = options.now ?? (() => performance.now());
    this.connectTimeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
    this.headTimeoutMs = options.headTimeoutMs ?? HEAD_TIMEOUT_MS;
    this.onRecord = options.onRecord;
    this.onUnreachable = options.onUnreachable;
    this.heads = new RequestHeadWriter(target, hostHeader);
    this.pool = new UpstreamPool({
      target,
      connect,
      maxIdle: options.maxIdleSockets ?? MAX_IDLE_SOCKETS,
      idleTimeoutMs: options.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
      now: this.now,
    });
    const stepMs = Math.min(1_000, this.connectTimeoutMs / 4, this.headTimeoutMs / 4);
    this.timer = setInterval(() => this.sweep(), stepMs);
    this.timer.unref();
  }

  /** Exchanges going on. */
  get active(): number {
    return this.running.size;
  }

  /** Takes a stream; made to be the `onOpen` of a session. Null refuses it. */
  readonly accept = (
    stream: AcceptedStream,
    kind: StreamKind,
    framing: BodyFraming,
    head: Uint8Array,
    end: boolean,
  ): AcceptedStreamEvents | null => {
    if (kind === StreamKind.tcp) return null;
    const hasLength = framing === BodyFraming.length;
    const request = this.heads.write(head, hasLength);
    // A length without a body would leave the upstream waiting for it.
    const lengthFits =
      !hasLength || (end ? request?.contentLength === 0 : request !== null && request.contentLength >= 0);
    if (request === null || !lengthFits) {
      this.log("error", "request head of the relay not understood");
      stream.reset(ResetCode.internal, "request head not understood");
      return null;
    }
    const exchange = new Exchange(this, stream, kind, framing, request, end);
    this.running.add(exchange);
    return exchange;
  };

  /** A message of the link brings many requests: they leave one right after the other, in the microtask behind it. */
  sendSoon(exchange: Exchange): void {
    if (this.unsent.push(exchange) === 1) queueMicrotask(this.sendAll);
  }

  private readonly sendAll = () => {
    const { unsent } = this;
    this.unsent = [];
    for (let i = 0; i < unsent.length; i++) unsent[i]!.send();
  };

  unreachable(failure: Failure): Failure {
    if (this.onUnreachable === undefined) return failure;
    this.onUnreachable();
    return { code: ResetCode.refused, reason: failure.reason };
  }

  finished(exchange: Exchange, failure: Failure | null): void {
    this.running.delete(exchange);
    this.onRecord?.({
      method: exchange.method,
      path: exchange.path,
      status: exchange.status,
      durationMs: this.now() - exchange.startedAt,
      bytesIn: exchange.bytesIn,
      bytesOut: exchange.bytesOut,
      failure,
    });
  }

  /** Closes idle connections and stops the clock; running exchanges go on until their links end. */
  close(): void {
    clearInterval(this.timer);
    this.pool.close();
  }

  private sweep(): void {
    this.pool.sweep();
    const at = this.now();
    for (const exchange of this.running) exchange.checkTime(at);
  }
}
