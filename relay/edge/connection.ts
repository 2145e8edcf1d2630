import { faultStatus, findHeadEnd, MAX_HEAD_BYTES, parseRequestHead } from "../protocol/http1/index.ts";
import type { RawConnection, RawConnectionEvents } from "../routes/tunnel.ts";
import { type ConnectionMemo, emptyMemo } from "./admission.ts";
import { encodeAnswer, errorAnswer } from "./answer.ts";
import { copyOf, put } from "./bytes.ts";
import type { EdgeContext } from "./context.ts";
import { type EdgeErrorCode, faultCode } from "./errors.ts";
import { Exchange, type ExchangeHost } from "./exchange.ts";
import type { Peer } from "./forwarding.ts";
import { linkRequest } from "./link-request.ts";
import { Output, type OutputEvents } from "./output.ts";

/** What a connection is doing. */
const State = {
  /** Waiting for a head, or in the middle of one. */
  head: 0,
  /** A request is in progress; what comes is its body, or waits for its end. */
  busy: 1,
  /** The last answer is given; what still comes is thrown away for a while, so that a reset does not destroy it. */
  linger: 2,
  closed: 3,
} as const;

/** Pipelined bytes kept while a request is in progress. A client that sends more is answered and then closed. */
const MAX_PIPELINED_BYTES = 65_536;
const MAX_LINGER_BYTES = 1_048_576;
const PROBE = Buffer.from("HTTP/1.1 102 Processing\r\n\r\n");
const PROBE_REPEAT = 15;

/** One client connection: heads in, one exchange at a time, in order. */
export class ClientConnection implements RawConnectionEvents, ExchangeHost, OutputEvents {
  readonly output: Output;
  readonly peer: Peer;
  readonly memo: ConnectionMemo = emptyMemo();
  private readonly edge: EdgeContext;
  private readonly raw: RawConnection;
  /** Tells the edge to forget this connection. */
  private readonly release: (connection: ClientConnection) => void;
  private state: number = State.head;
  private exchange: Exchange | null = null;
  /** Bytes `[0, pendingEnd)` that nobody has taken yet. */
  private pending: Buffer | null = null;
  private pendingEnd = 0;
  /** How far `pending` has been searched for the end of a head. */
  private scanned = 0;
  /** What `run` has not taken yet: set only while a request is started from it. */
  private rest: Uint8Array | null = null;
  private restFrom = 0;
  private restTo = 0;
  private unread = 0;
  /** A loop over pipelined requests runs further down the stack. */
  private running = false;
  private paused = false;
  private inputEnded = false;
  private served = 0;
  private phaseAt: number;
  private bodyAt = 0;
  private probeAt = 0;
  private discarded = 0;
  private overflowed = false;
  private outputEnding = false;
  private lastProgress = 0;
  private progressAt = 0;

  constructor(
    edge: EdgeContext,
    raw: RawConnection,
    peer: Peer,
    release: (connection: ClientConnection) => void,
  ) {
    this.edge = edge;
    this.raw = raw;
    this.peer = peer;
    this.release = release;
    this.output = new Output(raw, edge.scratch, this);
    this.phaseAt = edge.now();
  }

  onData(chunk: Uint8Array): void {
    const { state } = this;
    if (state === State.head) {
      if (this.pending === null) this.run(chunk, 0, chunk.length);
      else this.continueHead(chunk);
    } else if (state === State.busy) {
      this.bodyAt = this.edge.coarseNow;
      this.feed(chunk, 0, chunk.length);
    } else if (state === State.linger) {
      this.discarded += chunk.length;
      if (this.discarded > MAX_LINGER_BYTES) this.drop();
    }
  }

  onDrain(): void {
    this.output.onDrain();
  }

  onEnd(): void {
    this.inputEnded = true;
    const { exchange } = this;
    if (this.state === State.busy && exchange !== null) {
      if (exchange.isUpgraded) exchange.onClientEnd();
      else if (!exchange.body.complete && this.pending === null) this.drop();
      else this.probeAt = this.edge.now() + this.edge.timers.probeMs;
    } else if (this.state === State.head) {
      this.close();
    } else if (this.output.isEmpty) {
      this.raw.end();
    }
  }

  onClose(): void {
    if (this.state === State.closed) return;
    this.state = State.closed;
    this.output.close();
    this.exchange?.onClientGone();
    this.exchange = null;
    this.pending = null;
    this.release(this);
  }

  /** Reads heads from `bytes[from, to)` for as long as requests are answered at once. */
  private run(bytes: Uint8Array, from: number, to: number): void {
    const { edge } = this;
    let at = from;
    this.running = true;
    while (this.state === State.head && at < to) {
      edge.parsedFor = null;
      const end = parseRequestHead(edge.head, bytes, at, to);
      if (end === 0) {
        this.keep(bytes, at, to);
        this.scanned = to - at;
        this.phaseAt = edge.now();
        break;
      }
      if (end < 0) {
        this.refuse(faultCode(faultStatus(end)), `${edge.head.fault}.`);
        break;
      }
      at = this.begin(bytes, end, to);
    }
    this.running = false;
    if (this.state === State.head && this.pending === null && this.inputEnded) this.close();
  }

  /** Starts a request. @returns offset of the first byte that nobody has taken */
  private begin(bytes: Uint8Array, end: number, to: number): number {
    this.state = State.busy;
    const exchange = new Exchange(this.edge, this, bytes, to - end);
    this.exchange = exchange;
    this.bodyAt = exchange.startedAt;
    this.unread = 0;
    this.rest = bytes;
    this.restFrom = end;
    this.restTo = to;
    exchange.begin();
    this.rest = null;
    if (this.state === State.head) return end + this.unread;
    if (this.state !== State.busy || end === to) return to;
    return this.takeBody(bytes, end, to);
  }

  /** Bytes that come while a request is in progress. */
  private feed(bytes: Uint8Array, from: number, to: number): void {
    const wasRunning = this.running;
    this.running = true;
    const at = this.takeBody(bytes, from, to);
    this.running = wasRunning;
    if (at < to && this.state === State.head) this.run(bytes, at, to);
  }

  /** @returns offset of bytes that are left for the next head, when the request has ended meanwhile */
  private takeBody(bytes: Uint8Array, from: number, to: number): number {
    const { exchange } = this;
    let at = from;
    if (exchange?.takesBody === true && this.pending === null) at = exchange.body.feed(bytes, from, to);
    if (at === to || this.state === State.head) return at;
    if (this.state === State.busy) this.keep(bytes, at, to);
    return to;
  }

  private keep(bytes: Uint8Array, from: number, to: number): void {
    const { pending, pendingEnd } = this;
    const length = to - from;
    const isBody = this.exchange !== null && !this.exchange.body.complete;
    if (this.state === State.busy && !isBody && pendingEnd + length > MAX_PIPELINED_BYTES) {
      this.overflowed = true;
      this.pending = null;
      this.pendingEnd = 0;
    }
    if (this.overflowed) {
      this.pauseReading();
      return;
    }
    if (pending === null) {
      this.pending = copyOf(bytes, from, to);
    } else {
      if (pendingEnd + length > pending.length) {
        this.pending = Buffer.allocUnsafeSlow(Math.max(pendingEnd + length, 2 * pending.length));
        put(this.pending, 0, pending, 0, pendingEnd);
      }
      put(this.pending ?? pending, pendingEnd, bytes, from, to);
    }
    this.pendingEnd = pendingEnd + length;
    if (this.state === State.busy) this.pauseReading();
  }

  private takePending(): { bytes: Uint8Array; end: number } | null {
    const { pending, pendingEnd } = this;
    if (pending === null) return null;
    this.pending = null;
    this.pendingEnd = 0;
    this.scanned = 0;
    return { bytes: pending, end: pendingEnd };
  }

  /** A head that comes in pieces: looked through once, parsed when it is whole. */
  private continueHead(chunk: Uint8Array): void {
    this.keep(chunk, 0, chunk.length);
    const { pending, pendingEnd, scanned } = this;
    if (pending === null) return;
    const end = findHeadEnd(pending, 0, scanned, pendingEnd);
    this.scanned = pendingEnd;
    if (end === 0 && pendingEnd < MAX_HEAD_BYTES) return;
    const taken = this.takePending();
    if (taken !== null) this.run(taken.bytes, 0, taken.end);
  }

  private refuse(code: EdgeErrorCode, message: string): void {
    const { edge } = this;
    edge.stats.badRequests++;
    const requestId = edge.ids.next();
    const answer = errorAnswer(code, { requestId, path: "", accept: "", message });
    this.output.write(encodeAnswer(answer, requestId, { withBody: true, keepAlive: false, http10: false }));
    this.close();
  }

  // What the exchange asks for.

  onOpened(): void {
    this.bodyAt = this.edge.coarseNow;
    this.feedPending();
  }

  onBlocked(): void {
    this.pauseReading();
  }

  onUnblocked(): void {
    this.bodyAt = this.edge.now();
    this.feedPending();
  }

  private feedPending(): void {
    const { exchange } = this;
    if (exchange === null || this.rest !== null) return;
    if (this.pending !== null && exchange.takesBody) {
      const taken = this.takePending();
      if (taken !== null) this.feed(taken.bytes, 0, taken.end);
    }
    const flows = this.exchange?.body.isFlowing ?? true;
    if (this.pending === null && !this.overflowed && flows) this.resumeReading();
    if (this.inputEnded && this.pending === null && this.exchange === exchange) {
      if (exchange.isUpgraded) exchange.onClientEnd();
      else if (!exchange.finished && !exchange.body.complete && exchange.takesBody) this.drop();
    }
  }

  endOutput(): void {
    this.output.flush();
    if (this.output.isEmpty) this.raw.end();
    else this.outputEnding = true;
  }

  cut(): void {
    this.exchange = null;
    this.drop();
  }

  handOver(path: "/connect" | "/ws/connect"): void {
    const { edge, rest, exchange } = this;
    const left = rest === null ? this.takePending() : null;
    const bytes =
      rest !== null
        ? copyOf(rest, this.restFrom, this.restTo)
        : (left?.bytes.subarray(0, left.end) ?? new Uint8Array(0));
    const clientAddress = exchange?.forwarding?.clientAddress ?? this.peer.address;
    const request = linkRequest(path, exchange?.head() ?? edge.head, clientAddress);
    this.state = State.closed;
    this.exchange = null;
    this.release(this);
    this.resumeReading();
    edge.deps.acceptLink(this.raw, request, bytes);
  }

  onFinished(keepAlive: boolean, unread: number): void {
    this.exchange = null;
    this.served++;
    this.unread = unread;
    this.probeAt = 0;
    if (this.state !== State.busy) return;
    if (!keepAlive || this.overflowed || this.output.closed) {
      this.close();
      return;
    }
    this.state = State.head;
    this.phaseAt = this.edge.coarseNow;
    if (this.running || this.rest !== null) return;
    const taken = this.takePending();
    this.resumeReading();
    if (taken !== null) this.run(taken.bytes, unread, taken.end);
    else if (this.inputEnded) this.close();
  }

  onWritten(bytes: number): void {
    this.exchange?.onWritten(bytes);
  }

  onEmpty(): void {
    if (!this.output.isEmpty) return;
    if (this.outputEnding || this.state === State.linger) {
      this.outputEnding = false;
      this.phaseAt = this.edge.coarseNow;
      this.raw.end();
    }
  }

  /** Ends the connection after what was written; reads on for a while. */
  private close(): void {
    if (this.state >= State.linger) return;
    this.state = State.linger;
    this.phaseAt = this.edge.coarseNow;
    this.pending = null;
    this.pendingEnd = 0;
    this.output.flush();
    this.resumeReading();
    if (this.output.isEmpty) this.raw.end();
  }

  /** Ends the connection now. */
  private drop(): void {
    this.raw.terminate();
    this.onClose();
  }

  private pauseReading(): void {
    if (this.paused) return;
    this.paused = true;
    this.raw.pause();
  }

  private resumeReading(): void {
    if (!this.paused) return;
    this.paused = false;
    this.raw.resume();
  }

  /** For a drain: closes when no request has come for a while. */
  closeIfIdle(now: number, idleMs: number): void {
    if (this.state === State.head && this.pending === null && now - this.phaseAt >= idleMs) this.close();
  }

  /** Closes at once, whatever is in progress. */
  stop(): void {
    if (this.state !== State.closed) this.drop();
  }

  /** Looks at all timers of this connection; called about once a second. */
  check(now: number): void {
    const { timers } = this.edge;
    if (this.output.progress !== this.lastProgress || this.output.queuedBytes === 0) {
      this.lastProgress = this.output.progress;
      this.progressAt = now;
    }
    if (this.state === State.head) {
      const isStarted = this.pending !== null;
      const limit = isStarted || this.served === 0 ? timers.headReadMs : timers.idleMs;
      if (now - this.phaseAt < limit) return;
      if (isStarted) this.refuse("request_timeout", "The request head did not arrive in time.");
      else this.close();
    } else if (this.state === State.busy) {
      this.checkExchange(now);
    } else if (this.state === State.linger) {
      const isWriting = this.output.queuedBytes > 0;
      const limit = isWriting ? timers.writeStallMs : timers.lingerMs;
      if (now - (isWriting ? this.progressAt : this.phaseAt) >= limit) this.drop();
    }
  }

  private checkExchange(now: number): void {
    const { exchange } = this;
    const { timers, config } = this.edge;
    if (exchange === null) return;
    if (now - this.progressAt >= timers.writeStallMs) {
      this.drop();
    } else if (
      exchange.takesBody &&
      !this.paused &&
      !exchange.isUpgraded &&
      now - this.bodyAt >= timers.bodyIdleMs
    ) {
      exchange.onBodyTimeout();
    } else if (
      exchange.awaitsHead &&
      now - Math.max(exchange.openedAt, this.bodyAt) >= config.upstreamHeaderTimeoutMs
    ) {
      exchange.onHeadTimeout();
    } else if (this.probeAt > 0 && now >= this.probeAt && exchange.awaitsHead && !exchange.http10) {
      // A full close looks like a half-close until something is sent: then it is answered with a reset.
      this.probeAt = now + PROBE_REPEAT * timers.probeMs;
      this.output.write(PROBE);
      this.output.flush();
    }
  }
}
