import { GoawayCode } from "../../protocol/codes.ts";
import { decodeWelcome, encodeHello, type Hello, LinkFeature, type Welcome } from "../../protocol/hello.ts";
import { CHECK_INTERVAL_MS, IDLE_TIMEOUT_MS, PING_INTERVAL_MS } from "../../protocol/limits.ts";
import type { WindowBudget } from "../../protocol/receive-window.ts";
import { Session, type SessionEvents } from "../../protocol/session.ts";
import type { LinkEnd } from "./next-step.ts";
import type { DialLink, LinkSocket } from "./websocket.ts";

/** Time from dialling to WELCOME, ms. */
const OPEN_TIMEOUT_MS = 10_000;
/** A link that drains is closed this soon after its last stream, ms. */
const DRAIN_TICK_MS = 50;
/** A link that the relay gave up but does not close is closed by us after this, when it is idle, ms. */
const LEFT_BEHIND_MS = 60_000;
/** WebSockets of the runtimes have no drain event: a full one is looked at this often, ms. */
const DRAIN_POLL_MS = 2;

export interface LinkOptions {
  url: string;
  token: string;
  hello: Hello;
  dial: DialLink;
  /** Shared by all links of the connector. */
  windowBudget: WindowBudget;
  onOpen: NonNullable<SessionEvents["onOpen"]>;
  /** The link is up. */
  onLive(welcome: Welcome): void;
  /** Told once, when nobody should count on this link any more; running streams may still finish. */
  onEnd(end: LinkEnd): void;
  /** The last of it is gone. */
  onGone(): void;
}

/** One WebSocket to the relay, from dialling to its end. */
export class Link {
  readonly session: Session;
  live = false;
  private readonly options: LinkOptions;
  private readonly socket: LinkSocket;
  private readonly ticker: ReturnType<typeof setInterval>;
  private readonly openTimer: ReturnType<typeof setTimeout>;
  private pingIntervalMs = PING_INTERVAL_MS;
  private idleTimeoutMs = IDLE_TIMEOUT_MS;
  private drainTicker: ReturnType<typeof setInterval> | null = null;
  private ended = false;
  private features: readonly string[] = [];
  private gone = false;

  constructor(options: LinkOptions) {
    this.options = options;
    this.session = new Session({
      role: "connector",
      transport: {
        send: (batch, start, end) => this.socket.send(batch, start, end),
        bufferedBytes: () => this.socket.bufferedBytes(),
        close: (code, reason) => this.closeSocket(code, reason),
      },
      schedule: setImmediate,
      windowBudget: options.windowBudget,
      now: () => performance.now(),
      events: {
        onOpen: options.onOpen,
        onWelcome: (payload) => this.welcomed(payload),
        onGoaway: (code, reason) => this.wentAway(code, reason),
        onBlocked: () => {
          if (this.socket.tellsDrain !== true) setTimeout(() => this.session.drained(), DRAIN_POLL_MS);
        },
        onClose: (code, reason) => this.sessionClosed(code, reason),
      },
    });
    this.socket = options.dial(options.url, options.token, {
      onOpen: () => this.session.hello(encodeHello(options.hello)),
      onMessage: (bytes) => this.session.receive(bytes),
      onDrain: () => this.session.drained(),
      onClose: ({ status, reason }) => this.socketClosed(status, reason),
    });
    this.openTimer = setTimeout(() => this.dropSilently("no greeting in time"), OPEN_TIMEOUT_MS);
    this.ticker = setInterval(
      () => this.session.checkAlive(this.pingIntervalMs, this.idleTimeoutMs),
      CHECK_INTERVAL_MS,
    );
  }

  /** Takes no new streams; closes when the running ones have finished. Idempotent. */
  drain(reason: string): void {
    if (!this.live) {
      this.dropSilently(reason);
      return;
    }
    this.session.goaway(GoawayCode.drain, reason);
    this.beginDrain();
  }

  /** Tells the relay whether the upstream can serve; a relay that does not know STATE is not told. */
  setState(accepting: boolean, reason: string): void {
    if (this.features.includes(LinkFeature.state)) this.session.setState(accepting, reason);
  }

  /** Replaces this link because its token runs out. */
  renew(): void {
    this.end({ kind: "renew" });
    this.drain("token renewed");
  }

  /** Ends it and its streams now. Idempotent. */
  close(reason: string): void {
    this.session.close(GoawayCode.drain, reason);
    this.release();
  }

  private welcomed(payload: Uint8Array): void {
    const welcome = decodeWelcome(payload);
    clearTimeout(this.openTimer);
    this.live = true;
    // A dead link must be noticed within 25 s whatever the relay says.
    this.pingIntervalMs = Math.min(Math.max(welcome.pingIntervalMs, 1_000), PING_INTERVAL_MS);
    this.idleTimeoutMs = Math.min(Math.max(welcome.idleTimeoutMs, 2_000), IDLE_TIMEOUT_MS);
    this.features = welcome.features ?? [];
    this.session.tellsTiming = this.features.includes(LinkFeature.timing);
    this.options.onLive(welcome);
    this.session.ping();
  }

  private wentAway(code: number, reason: string): void {
    this.end({ kind: "goaway", code, reason });
    // The relay closes a link that it gave up; requests that had reached it may still be opened here.
    setTimeout(() => this.beginDrain(), LEFT_BEHIND_MS).unref();
  }

  private sessionClosed(code: number, reason: string): void {
    if (this.live) this.end({ kind: "lost", reason });
    else if (code === GoawayCode.version) this.end({ kind: "goaway", code, reason });
    else this.end({ kind: "notOpened", status: null, reason });
  }

  private socketClosed(status: number | null, reason: string): void {
    if (!this.live) this.end({ kind: "notOpened", status, reason });
    this.session.lost(reason);
    this.release();
  }

  /** A socket that does not come about, or whose peer says nothing: no use in a close handshake. */
  private dropSilently(reason: string): void {
    this.end({ kind: "notOpened", status: null, reason });
    this.session.lost(reason);
    this.socket.terminate();
    this.release();
  }

  private closeSocket(code: number, reason: string): void {
    this.socket.close(code, reason);
    // The other side may be beyond answering.
    setTimeout(() => {
      this.socket.terminate();
      this.release();
    }, CHECK_INTERVAL_MS).unref();
  }

  private beginDrain(): void {
    if (this.gone) return;
    this.drainTicker ??= setInterval(() => this.closeWhenIdle(), DRAIN_TICK_MS);
    this.closeWhenIdle();
  }

  private closeWhenIdle(): void {
    if (this.session.closed || !this.session.finished) return;
    // What was written last is still in the batch; it leaves in this tick, the close behind it.
    setImmediate(() => {
      if (this.session.finished) this.session.close(GoawayCode.drain, "drained");
    });
  }

  private end(end: LinkEnd): void {
    if (this.ended) return;
    this.ended = true;
    this.options.onEnd(end);
  }

  private release(): void {
    if (this.gone) return;
    this.gone = true;
    clearInterval(this.ticker);
    if (this.drainTicker !== null) clearInterval(this.drainTicker);
    clearTimeout(this.openTimer);
    this.options.onGone();
  }
}
