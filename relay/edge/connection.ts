import { faultStatus, findHeadEnd, MAX_HEAD_BYTES, parseRequestHead } from "../protocol/http1/index.ts";
import type { RawConnection, RawConnectionEvents } from "../routes/tunnel.ts";
import { type ConnectionMemo, emptyMemo } from "./admission.ts";
import { encodeAnswer, errorAnswer } from "./answer.ts";
import { copyOf } from "./bytes.ts";
import { ConnectionTimers, type TimedConnection } from "./connection-timers.ts";
import type { EdgeContext } from "./context.ts";
import { type EdgeErrorCode, faultCode } from "./errors.ts";
import { Exchange } from "./exchange.ts";
import type { ExchangeHost } from "./exchange-host.ts";
import type { Peer } from "./forwarding.ts";
import { linkRequest } from "./link-request.ts";
import { Output, type OutputEvents } from "./output.ts";
import { Pending } from "./pending.ts";
import type { LaneTask } from "./side-lane.ts";

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

/** One client connection: heads in, one exchange at a time, in order. */
export class ClientConnection
  implements RawConnectionEvents, ExchangeHost, OutputEvents, TimedConnection, LaneTask
{
  readonly output: Output;
  readonly peer: Peer;
  readonly memo: ConnectionMemo = emptyMemo();
  private readonly edge: EdgeContext;
  private readonly raw: RawConnection;
  /** Tells the edge to forget this connection. */
  private readonly release: (connection: ClientConnection) => void;
  private state: number = State.head;
  private exchange: Exchange | null = null;
  private readonly pending = new Pending();
  private readonly timers: ConnectionTimers;
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
  private discarded = 0;
  private overflowed = false;
  private isFedLater = false;
  private outputEnding = false;
  private endSent = false;

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
    this.timers = new ConnectionTimers(edge.timers, edge.config.upstreamHeaderTimeoutMs, edge.now());
  }

  onData(chunk: Uint8Array): void {
    const { state } = this;
    if (state === State.head) {
      if (this.pending.isEmpty) this.run(chunk, 0, chunk.length);
      else this.continueHead(chunk);
    } else if (state === State.busy) {
      this.timers.bodyAt = this.edge.coarseNow;
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
      // What still waits in `pending` goes first; `feedPending` says the end after it.
      if (exchange.isUpgraded && this.pending.isEmpty) exchange.onClientEnd();
      else if (exchange.isUpgraded) return;
      else if (!exchange.body.complete && this.pending.isEmpty) this.drop();
      else this.timers.probeAt = this.edge.now() + this.edge.timers.probeMs;
    } else if (this.state === State.head) {
      this.close();
    } else if (this.output.isEmpty) {
      this.sendEnd();
    }
  }

  onClose(): void {
    if (this.state === State.closed) return;
    this.state = State.closed;
    this.output.close();
    this.exchange?.onClientGone(this.endSent);
    this.exchange = null;
    this.pending.clear();
    this.release(this);
  }

  /** Reads heads from `bytes[from, to)` for as long as requests are answered at once. */
  private run(bytes: Uint8Array, from: number, to: number): void {
    const { edge } = this;
    let at = from;
    this.running = true;
    while (this.state === State.head && at < to) {
      edge.parsedFor = null;
      const end = parseRequestHead(edge.head, bytes, at, to, this.memo.lines.fields);
      if (end === 0) {
        this.keep(bytes, at, to);
        this.pending.scanned = to - at;
        this.timers.phaseAt = edge.now();
        break;
      }
      if (end < 0) {
        this.refuse(faultCode(faultStatus(end)), `${edge.head.fault}.`);
        break;
      }
      this.memo.lines.note(edge.head);
      at = this.begin(bytes, end, to);
    }
    this.running = false;
    if (this.state === State.head && this.pending.isEmpty && this.inputEnded) this.close();
  }

  /** Starts a request. @returns offset of the first byte that nobody has taken */
  private begin(bytes: Uint8Array, end: number, to: number): number {
    this.state = State.busy;
    const exchange = new Exchange(this.edge, this, bytes, to - end);
    this.exchange = exchange;
    this.timers.bodyAt = exchange.startedAt;
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
  private feed(bytes: Uint8Array, from: number, to: number, isOurs = false): void {
    const wasRunning = this.running;
    this.running = true;
    const at = this.takeBody(bytes, from, to, isOurs, true);
    this.running = wasRunning;
    if (at < to && this.state === State.head) this.run(bytes, at, to);
  }

  /**
   * @param isOurs the bytes are of `pending`
   * @param isSpare no head before them is needed any more: they may be overwritten once they are taken
   * @returns offset of bytes that are left for the next head, when the request has ended meanwhile
   */
  private takeBody(bytes: Uint8Array, from: number, to: number, isOurs = false, isSpare = false): number {
    const { exchange } = this;
    let at = from;
    if (exchange?.takesBody === true && this.pending.isEmpty)
      at = exchange.body.feed(bytes, from, to, isSpare);
    if (at === to || this.state === State.head) return at;
    if (this.state !== State.busy) return to;
    if (isOurs && this.pending.isEmpty && exchange?.takesBody === true) this.pending.giveBack(bytes, at, to);
    else this.keep(bytes, at, to);
    // It could take more, and left it for another turn.
    if (this.exchange?.takesBody === true && !this.isFedLater) {
      this.isFedLater = true;
      this.edge.crumbs.add(this);
    }
    return to;
  }

  /** The next crumbs of the body. */
  onTurn(): void {
    this.isFedLater = false;
    this.feedPending();
  }

  private keep(bytes: Uint8Array, from: number, to: number): void {
    const isBusy = this.state === State.busy;
    const isBody = this.exchange !== null && !this.exchange.body.complete;
    if (isBusy && !isBody && this.pending.length + to - from > MAX_PIPELINED_BYTES) {
      this.overflowed = true;
      this.pending.clear();
    }
    if (!this.overflowed) this.pending.add(bytes, from, to);
    if (isBusy) this.pauseReading();
  }

  /** A head that comes in pieces: looked through once, parsed when it is whole. */
  private continueHead(chunk: Uint8Array): void {
    const { pending } = this;
    this.keep(chunk, 0, chunk.length);
    const end = findHeadEnd(pending.bytes, 0, pending.scanned, pending.length);
    pending.scanned = pending.length;
    if (end === 0 && pending.length < MAX_HEAD_BYTES) return;
    const bytes = pending.take();
    this.run(bytes, 0, bytes.length);
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
    this.timers.bodyAt = this.edge.coarseNow;
    this.feedPending();
  }

  onBlocked(): void {
    this.pauseReading();
  }

  onUnblocked(): void {
    this.timers.bodyAt = this.edge.now();
    this.feedPending();
  }

  private feedPending(): void {
    const { exchange } = this;
    if (exchange === null || this.rest !== null) return;
    if (!this.pending.isEmpty && exchange.takesBody) {
      const bytes = this.pending.take();
      this.feed(bytes, 0, bytes.length, true);
    }
    const flows = this.exchange?.body.isFlowing ?? true;
    if (this.pending.isEmpty && !this.overflowed && flows) this.resumeReading();
    if (this.inputEnded && this.pending.isEmpty && this.exchange === exchange) {
      if (exchange.isUpgraded) exchange.onClientEnd();
      else if (!exchange.finished && !exchange.body.complete && exchange.takesBody) this.drop();
    }
  }

  endOutput(): void {
    this.output.flush();
    if (this.output.isEmpty) this.sendEnd();
    else this.outputEnding = true;
  }

  cut(): void {
    this.exchange = null;
    this.drop();
  }

  handOver(path: "/connect" | "/ws/connect"): void {
    const { edge, rest, exchange } = this;
    const bytes = rest === null ? this.pending.take() : copyOf(rest, this.restFrom, this.restTo);
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
    this.timers.probeAt = 0;
    if (this.state !== State.busy) return;
    if (!keepAlive || this.overflowed || this.output.closed) {
      this.close();
      return;
    }
    this.state = State.head;
    this.timers.phaseAt = this.edge.coarseNow;
    if (this.running || this.rest !== null) return;
    if (this.pending.isEmpty) {
      this.resumeReading();
      if (this.inputEnded) this.close();
      return;
    }
    const bytes = this.pending.take();
    this.resumeReading();
    this.run(bytes, unread, bytes.length);
  }

  onWritten(bytes: number): void {
    this.exchange?.onWritten(bytes);
  }

  onEmpty(): void {
    if (!this.output.isEmpty) return;
    if (this.outputEnding || this.state === State.linger) {
      this.outputEnding = false;
      this.timers.phaseAt = this.edge.coarseNow;
      this.sendEnd();
    }
  }

  /** Ends the connection after what was written; reads on for a while. */
  private close(): void {
    if (this.state >= State.linger) return;
    this.state = State.linger;
    this.timers.phaseAt = this.edge.coarseNow;
    this.pending.clear();
    this.output.flush();
    this.resumeReading();
    if (this.output.isEmpty) this.sendEnd();
  }

  private sendEnd(): void {
    if (this.endSent) return;
    this.endSent = true;
    this.raw.end();
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
    if (this.state === State.head && this.pending.isEmpty && now - this.timers.phaseAt >= idleMs)
      this.close();
  }

  /** Closes at once, whatever is in progress. */
  stop(): void {
    if (this.state !== State.closed) this.drop();
  }

  /** Looks at all timers of this connection; called about once a second. */
  check(now: number): void {
    if (this.state === State.closed) return;
    this.exchange?.tick(now);
    switch (this.timers.check(this, now)) {
      case "head":
        this.refuse("request_timeout", "The request head did not arrive in time.");
        return;
      case "idle":
        this.close();
        return;
      case "stalledReader":
      case "linger":
        this.drop();
        return;
      case "body":
        this.exchange?.onBodyTimeout();
        return;
      case "upstreamHead":
        this.exchange?.onHeadTimeout();
        return;
      case "probe":
        // A full close looks like a half-close until something is sent: then it is answered with a reset.
        this.exchange?.probe();
    }
  }

  get phase(): "head" | "busy" | "linger" {
    if (this.state === State.head) return "head";
    return this.state === State.busy ? "busy" : "linger";
  }
  get hasPartialHead(): boolean {
    return !this.pending.isEmpty;
  }
  get hasServed(): boolean {
    return this.served > 0;
  }
  get queuedBytes(): number {
    return this.output.queuedBytes;
  }
  get writeProgress(): number {
    return this.output.progress;
  }
  get awaitsBody(): boolean {
    return this.exchange?.takesBody === true && !this.paused && !this.exchange.isUpgraded;
  }
  get awaitsHead(): boolean {
    return this.exchange?.awaitsHead === true;
  }
  get openedAt(): number {
    return this.exchange?.openedAt ?? 0;
  }
}
