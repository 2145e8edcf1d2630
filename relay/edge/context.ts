import { MAX_HEAD_BYTES, RequestHead } from "../protocol/http1/index.ts";
import { type AccessCheck, createAccessCheck } from "./access.ts";
import { createProxyList } from "./address.ts";
import { defaultTimers, type EdgeConfig, type EdgeDeps, type EdgeTimers } from "./deps.ts";
import { type ForwardingOptions, viaName } from "./forwarding.ts";
import { type Hsts, hstsOf } from "./hsts.ts";
import { InFlight } from "./in-flight.ts";
import { UsageRefusals } from "./llm/usage-refusals.ts";
import { Scratch } from "./output.ts";
import { createRateLimiter, type RateLimiter } from "./rate-limit.ts";
import { createRequestIds, type RequestIds } from "./request-ids.ts";
import { SideLane } from "./side-lane.ts";

/** Counters since the start, and what is there now. */
export interface EdgeStats {
  connections: number;
  connectionsTotal: number;
  /** Refused because one address had too many. */
  connectionsRefused: number;
  requests: number;
  /** Requests in progress. */
  active: number;
  /** Requests that wait for a connector. */
  parked: number;
  upgraded: number;
  /** Heads that could not be read. */
  badRequests: number;
  /** Requests over TLS for a host that the connection's certificate does not cover. */
  misdirected: number;
  rateLimited: number;
  /** Refused because a budget or what a plan includes was used up. */
  overBudget: number;
  /** Responses refused because a connector or upstream sent something ambiguous. */
  badResponses: number;
  retries: number;
  /** Connections that speak HTTP/2 now, and requests that came so. */
  h2Connections: number;
  h2Streams: number;
  /** Closed for opening and cancelling streams, frames that only cost, endless heads, or frames that are none. */
  h2ResetFloods: number;
  h2ControlFloods: number;
  h2HeaderFloods: number;
  h2Malformed: number;
  /** Events, lines or bodies of answers by models that could not be read. */
  usageUnreadable: number;
  /** Requests sent again because their upstream refused to be asked for usage. */
  usageRefused: number;
}

/** What the connections of one edge share. */
export interface EdgeContext {
  readonly deps: EdgeDeps;
  readonly config: EdgeConfig;
  readonly timers: EdgeTimers;
  readonly ids: RequestIds;
  readonly limiter: RateLimiter;
  /** By tenant alone, a minute at a time, up to what its plan allows. */
  readonly tenantLimiter: RateLimiter;
  readonly access: AccessCheck;
  readonly forwarding: ForwardingOptions;
  readonly scratch: Scratch;
  /** Of HTTP/2 connections, whose streams fill theirs from `scratch`. */
  readonly h2Scratch: Scratch;
  readonly stats: EdgeStats;
  /** Requests in progress by endpoint. */
  readonly inFlight: InFlight;
  readonly usageRefusals: UsageRefusals;
  /** New connections, in a rush of them. */
  readonly newcomers: SideLane;
  /** Bodies in chunks so tiny that a read of them is many. */
  readonly crumbs: SideLane;
  /** The one parsed head; valid for `parsedFor` only. */
  readonly head: RequestHead;
  parsedFor: object | null;
  /** What answers over https carry; nothing when it is off. */
  readonly hsts: Hsts;
  /** Where heads for tunnels are written. */
  readonly headBuffer: Buffer;
  /** Milliseconds since the epoch as of the last `now()`: good enough for timers of seconds. */
  coarseNow: number;
  /** Asked once in each turn that `startTurn` has begun: what happens in it happens at one time. */
  now(): number;
  /** A callback of a socket begins; asking the clock costs as much as a good part of a parser. What it writes leaves at its end. */
  startTurn(): void;
  /** It ends. Whatever runs outside of turns asks the clock each time. */
  endTurn(): void;
  draining: boolean;
}

/** A browser opens six; more than this at once is a rush, and those that are known are served after each so many. */
const NEWCOMERS_PER_TURN = 16;
/** Between two portions of crumbs, of all connections together, ms: they take about a fifth of a core at most. */
const CRUMBS_PAUSE_MS = 1;

/** Forwarding lines hold the Host up to five times over and a proxy's list; both are bounded by the head itself. */
const HEAD_ROOM = 2 * MAX_HEAD_BYTES + 4_096;

export function createEdgeContext(deps: EdgeDeps): EdgeContext {
  const { config } = deps;
  const clock = deps.now ?? Date.now;
  let isTold = false;
  const onFault = (error: unknown) => deps.log.error({ err: error }, "client connection failed");
  const context: EdgeContext = {
    deps,
    config,
    timers: { ...defaultTimers, ...config.timers },
    ids: createRequestIds(clock(), crypto.getRandomValues(new Uint8Array(8))),
    limiter: createRateLimiter(config.rateLimitWindowMs, config.rateLimitMax),
    // Each plan has its own limit, so there is none here.
    tenantLimiter: createRateLimiter(60_000, Number.POSITIVE_INFINITY),
    access: createAccessCheck(deps.accessKeys, () => context.coarseNow),
    forwarding: {
      proxies: createProxyList(config.trustedProxies),
      internalSecret: config.internalSecret,
      viaName: viaName(config.baseDomain),
      publicScheme: config.publicScheme,
      // With TLS of our own, what comes without it is plain.
      plainScheme: deps.tls ? "http" : config.publicScheme,
    },
    scratch: new Scratch(),
    h2Scratch: new Scratch(),
    stats: {
      connections: 0,
      connectionsTotal: 0,
      connectionsRefused: 0,
      requests: 0,
      active: 0,
      parked: 0,
      upgraded: 0,
      badRequests: 0,
      misdirected: 0,
      rateLimited: 0,
      overBudget: 0,
      badResponses: 0,
      retries: 0,
      h2Connections: 0,
      h2Streams: 0,
      h2ResetFloods: 0,
      h2ControlFloods: 0,
      h2HeaderFloods: 0,
      h2Malformed: 0,
      usageUnreadable: 0,
      usageRefused: 0,
    },
    inFlight: new InFlight(),
    usageRefusals: new UsageRefusals(),
    newcomers: new SideLane(NEWCOMERS_PER_TURN, setImmediate, onFault),
    crumbs: new SideLane(1, (run) => setTimeout(run, CRUMBS_PAUSE_MS), onFault),
    head: new RequestHead(),
    parsedFor: null,
    hsts: hstsOf(config.hstsSeconds ?? 0),
    headBuffer: Buffer.allocUnsafeSlow(HEAD_ROOM),
    coarseNow: clock(),
    now() {
      if (isTold) return context.coarseNow;
      isTold = context.scratch.inTurn;
      context.coarseNow = clock();
      return context.coarseNow;
    },
    startTurn() {
      context.scratch.startTurn();
    },
    endTurn() {
      context.scratch.endTurn();
      isTold = false;
    },
    draining: false,
  };
  return context;
}
