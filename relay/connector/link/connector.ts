import { randomUUID } from "node:crypto";
import { knownFeatures, type Serves, type Welcome } from "../../protocol/hello.ts";
import { PROCESS_WINDOW_BYTES } from "../../protocol/limits.ts";
import { WindowBudget } from "../../protocol/receive-window.ts";
import type { SessionEvents } from "../../protocol/session.ts";
import { ExitCode, ExitError } from "../exit.ts";
import { exitFor, PortalError } from "../portal/errors.ts";
import type { Log } from "../upstream/log.ts";
import { agentName } from "../version.ts";
import { retryDelayMs } from "./backoff.ts";
import { Link } from "./link.ts";
import { type LinkEnd, nextStep } from "./next-step.ts";
import type { HeldToken, TokenSource } from "./token-source.ts";
import type { DialLink } from "./websocket.ts";

/** A link that lived this long was good: the next trouble starts with short waits again. */
const GOOD_LIFE_MS = 10_000;
/** A draining relay has many connectors: they move within a moment, not at once. */
const MOVE_SPREAD_MS = 400;
/** A token could not be replaced in time: asked for again after this. */
const RENEW_RETRY_MS = 30_000;
/** The same trouble is told again only after this, ms. */
const REPEAT_MS = 60_000;

export interface ConnectorOptions {
  slug: string;
  /** What its links take; undefined: HTTP alone. */
  serves?: Serves | undefined;
  links: number;
  tokens: TokenSource;
  dial: DialLink;
  /** Instead of the relay that the portal names. */
  relayUrl: string | null;
  onOpen: NonNullable<SessionEvents["onOpen"]>;
  log: Log;
  /** The number of links that are up has changed; `welcome` is that of the newest. */
  onLinks(up: number, welcome: Welcome | null): void;
  /** Trouble that the user may want to know of; it is being worked on. */
  onTrouble(message: string): void;
  /** Nothing more will come of it. */
  onExit(error: ExitError): void;
  /** False: the first failure to reach portal or relay ends it. */
  retry: boolean;
}

/** Keeps the links of one endpoint up until it is stopped. */
export class Connector {
  private readonly options: ConnectorOptions;
  private readonly instance = randomUUID();
  private readonly links = new Set<Link>();
  private readonly windowBudget = new WindowBudget(PROCESS_WINDOW_BYTES);
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();
  private stopped = false;
  private welcome: Welcome | null = null;
  private whenEmpty: (() => void) | null = null;
  private state = { accepting: true, reason: "" };
  private told = { message: "", at: 0 };

  constructor(options: ConnectorOptions) {
    this.options = options;
  }

  /** Links that are up. */
  get up(): number {
    let count = 0;
    for (const link of this.links) if (link.live && link.session.accepting) count++;
    return count;
  }

  /** Round trip to the relay, ms; null before the first answer. */
  get latencyMs(): number | null {
    let best: number | null = null;
    for (const { session } of this.links) {
      if (session.roundTripMs !== null && (best === null || session.roundTripMs < best))
        best = session.roundTripMs;
    }
    return best;
  }

  start(): void {
    for (let index = 0; index < this.options.links; index++) this.open(index, 0);
  }

  /**
   * Tells the relay whether the upstream can serve: while it cannot, requests go to other connectors of the endpoint, if
   * there is one that can. Idempotent; holds for links to come as well.
   */
  setState(accepting: boolean, reason: string): void {
    if (this.state.accepting === accepting && this.state.reason === reason) return;
    this.state = { accepting, reason };
    for (const link of this.links) link.setState(accepting, reason);
  }

  /** Takes nothing new, lets running streams finish for `graceMs`, then closes. */
  async stop(graceMs: number): Promise<void> {
    this.stopped = true;
    for (const timer of this.timers) clearTimeout(timer);
    for (const link of this.links) link.drain("connector stops");
    if (this.links.size > 0) await this.emptied(graceMs);
    for (const link of this.links) link.close("connector stops");
  }

  private emptied(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.whenEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Brings up link `index`; `attempt` counts failures in a row. */
  private async open(index: number, attempt: number): Promise<void> {
    const { options } = this;
    let token: HeldToken;
    try {
      token = await options.tokens.get();
    } catch (error) {
      if (!this.stopped) this.tokenFailed(error, index, attempt);
      return;
    }
    if (this.stopped) return;
    const url = options.relayUrl ?? token.relayUrl;
    let liveAt: number | null = null;
    let ended = false;
    const link = new Link({
      url,
      token: token.connectorToken,
      hello: {
        versions: [1],
        agent: agentName(),
        capacity: 0,
        links: options.links,
        linkIndex: index,
        subdomain: options.slug,
        instance: this.instance,
        features: knownFeatures,
        ...(options.serves && { serves: options.serves }),
      },
      dial: options.dial,
      windowBudget: this.windowBudget,
      onOpen: options.onOpen,
      onLive: (welcome) => {
        liveAt = performance.now();
        this.welcome = welcome;
        if (!this.state.accepting) link.setState(false, this.state.reason);
        this.renewInTime(link, token, () => ended);
        this.told.message = "";
        options.log("info", "link up", { linkId: welcome.linkId, index });
        // WELCOME is handled before the session counts itself as open.
        queueMicrotask(() => options.onLinks(this.up, this.welcome));
      },
      onEnd: (end) => {
        ended = true;
        const good = liveAt !== null && performance.now() - liveAt >= GOOD_LIFE_MS;
        // The session counts itself out after this.
        queueMicrotask(() => {
          options.onLinks(this.up, this.welcome);
          if (!this.stopped) this.proceed(end, index, good ? 0 : attempt, token);
        });
      },
      onGone: () => {
        this.links.delete(link);
        if (this.links.size === 0) this.whenEmpty?.();
      },
    });
    this.links.add(link);
  }

  private proceed(end: LinkEnd, index: number, attempt: number, token: HeldToken): void {
    const { options } = this;
    const step = nextStep(end, this.up > 0);
    options.log("info", "link ended", { index, end, step: step.kind });
    if (step.kind === "exit") {
      options.onExit(step.error);
      return;
    }
    if (step.report !== null) this.tell(step.report);
    if (step.kind === "drop") return;
    if (step.kind === "now") {
      const moving = end.kind === "goaway";
      // A relay that drains whatever comes must not be asked five times a second.
      const delayMs = attempt > 2 ? retryDelayMs(attempt) : moving ? Math.random() * MOVE_SPREAD_MS : 0;
      this.later(delayMs, () => this.open(index, moving ? attempt + 1 : attempt));
      return;
    }
    if (step.newToken) options.tokens.reject(token);
    if (!options.retry && end.kind === "notOpened") {
      options.onExit(unreachable(step.report ?? "the relay does not answer"));
      return;
    }
    this.later(Math.max(retryDelayMs(attempt), step.minDelayMs), () => this.open(index, attempt + 1));
  }

  /** Replaces the link once a newer token is at hand; a portal that is away is asked again. */
  private renewInTime(link: Link, token: HeldToken, ended: () => boolean, waitMs = 0): void {
    this.later(Math.max(token.renewAt - Date.now(), waitMs), async () => {
      if (ended()) return;
      try {
        await this.options.tokens.replace(token);
        if (!ended()) link.renew();
        return;
      } catch (error) {
        this.options.log("warn", "token not renewed", { error: (error as Error).message });
      }
      if (!ended() && !this.stopped) this.renewInTime(link, token, ended, RENEW_RETRY_MS);
    });
  }

  private tokenFailed(error: unknown, index: number, attempt: number): void {
    const { options } = this;
    const fatal = error instanceof ExitError ? error : error instanceof PortalError ? exitFor(error) : null;
    const { message } = error as Error;
    if (fatal !== null || !options.retry) {
      options.onExit(fatal ?? unreachable(message));
      return;
    }
    // One voice is enough: all links ask the same source.
    if (index === 0) this.tell(message);
    const minDelayMs = (error instanceof PortalError && error.retryAfterMs) || 0;
    this.later(Math.max(retryDelayMs(attempt), minDelayMs), () => this.open(index, attempt + 1));
  }

  private tell(message: string): void {
    const at = performance.now();
    if (message === this.told.message && at - this.told.at < REPEAT_MS) return;
    this.told = { message, at };
    this.options.onTrouble(message);
  }

  private later(delayMs: number, task: () => void): void {
    // A longer wait than a timer can hold ends early: renewal looks again then, nothing else waits so long.
    const timer = setTimeout(
      () => {
        this.timers.delete(timer);
        if (!this.stopped) task();
      },
      Math.min(Math.max(delayMs, 0), 2 ** 31 - 1),
    );
    this.timers.add(timer);
  }
}

function unreachable(message: string): ExitError {
  return new ExitError(
    ExitCode.unreachable,
    `${message[0]?.toUpperCase()}${message.slice(1)}. Check --portal, --relay and the network.`,
  );
}
