import type { SpendingRefusal } from "../metering/budgets/spending-book.ts";
import type { RequestRecord } from "../metering/totals.ts";
import type { RawConnection, Tunnel } from "../routes/tunnel.ts";
import type { CertificateBook } from "../tls/certificate.ts";
import type { TlsStats } from "../tls/tls-stats.ts";

/** What serves a public host name, as the domain layer found it (`findRoute` in server/endpoints). Never mutated. */
export interface EdgeRoute {
  readonly endpointId: string;
  readonly tenantId: string;
  readonly slug: string;
  readonly state: "active" | "suspended" | "unpaid";
  /** A sentence for the caller; null for the usual one. */
  readonly stateReason: string | null;
  readonly requireAccessKey: boolean;
  /** SHA-256 of the endpoint token, lower-case hex. */
  readonly endpointTokenHash: string;
  readonly upstreamBaseUrl: string | null;
  /** How tokens are counted: `ask` adds a wish for usage to streamed requests, `read` takes what comes, `off` counts none. */
  readonly usageMode: "ask" | "read" | "off";
  readonly limits: {
    readonly maxBodyBytes: number;
    /** Request line and fields together. The parser has a bound of its own, for before the route is known. */
    readonly maxHeadBytes: number;
    readonly maxTargetBytes: number;
    readonly maxConnectors: number;
    readonly maxConcurrentRequests: number;
    /** Of all clients of the tenant together; null: no such limit. */
    readonly requestsPerMinute: number | null;
  };
}

export interface RouteCache {
  /**
   * The route of a slug: at once when cached (also the knowledge that there is none), else a promise. A changed route is
   * a new object: the edge keeps decisions per route object. A rejected promise is answered with 503.
   */
  lookup(slug: string): EdgeRoute | null | Promise<EdgeRoute | null>;
  /** The same of a custom domain; the object is that of its slug. @param host lower case, without port and dot at the end */
  lookupHost(host: string): EdgeRoute | null | Promise<EdgeRoute | null>;
}

export interface Challenges {
  /** What this custom domain answers to a CA, by token; empty when none asks. Never rejects. */
  lookup(host: string): ReadonlyMap<string, string> | Promise<ReadonlyMap<string, string>>;
}

export interface TunnelRegistry {
  /**
   * What can serve the endpoint now: its links, or the direct upstream of a route that has one. The edge picks among
   * those that are accepting; the array is not changed by it. Called for each request: hand out a kept array.
   */
  tunnels(route: EdgeRoute): readonly Tunnel[];
  /**
   * Waits until `tunnels(route)` has one that accepts. Resolves false at once when no connector was seen lately (on this
   * relay since it started, or online in the database when it started), and false after `graceMs`. Never rejects.
   */
  waitForTunnel(route: EdgeRoute, graceMs: number): Promise<boolean>;
  /** Connectors with at least one link now. */
  connectorCount(endpointId: string): number;
}

export type AccessKeyResult =
  /** `accessKeyId` is null for the endpoint token. */
  { readonly ok: true; readonly accessKeyId: string | null } | { readonly ok: false };

export interface AccessKeys {
  /** Grows whenever any answer given before may have changed (key revoked, reconnect to Postgres). */
  readonly version: number;
  /** Is this `hs_key_…` one of the endpoint's? At once when cached. A rejected promise is answered with 503. */
  check(route: EdgeRoute, secret: string): AccessKeyResult | Promise<AccessKeyResult>;
}

export interface Meter {
  /**
   * Called exactly once per request whose head could be read, before the client has the last byte of its answer. Keeps the
   * record or copies it; must not throw or block.
   */
  finish(record: RequestRecord): void;
  /** Called now and then while a long request runs, with all that it had so far. Must not throw or block. */
  part(record: RequestRecord): void;
}

/** A request that is starting, for who counts along. */
export interface LiveRequest {
  readonly requestId: string;
  readonly tenantId: string;
  readonly endpointId: string;
  readonly accessKeyId: string | null;
}

/** What can be done with it while it runs. */
export interface LiveTokens {
  /**
   * Hears of input and output tokens after each piece of the answer; below zero when an estimate was corrected. Set it at
   * once. With the record of the request, the sum of all calls is input and output of the whole.
   */
  onTokens: ((delta: number) => void) | null;
  /** Ends the answer after the event that is passing, well-formed; or cuts it. May be called from `onTokens`. */
  stop(): void;
}

export interface Budgets {
  /**
   * May this request start? If so it counts as running until the meter has its record. `finished` is asked again when the
   * answer took time. Never rejects.
   */
  admit(
    request: LiveRequest & { readonly finished: boolean },
  ): SpendingRefusal | null | Promise<SpendingRefusal | null>;
  /** Called as each request to a model that was admitted starts. Must not throw. */
  watch(request: LiveRequest, tokens: LiveTokens): void;
}

/** The request that opens a link, as it came. */
export interface LinkRequest {
  readonly path: "/connect" | "/ws/connect";
  readonly method: string;
  /** Names in lower case; several lines of one name joined with ", ". */
  readonly headers: ReadonlyMap<string, string>;
  /** False: answer 426. */
  readonly isWebSocketUpgrade: boolean;
  /** Behind a configured proxy: the address it reports. */
  readonly clientAddress: string;
}

/**
 * Takes a connection over, with `conn.takeOver`, before it returns. From then on the edge writes nothing to it and hears
 * nothing of it; answering a refusal and closing is the taker's.
 *
 * @param rest bytes that came after the head; a copy
 */
export type AcceptLink = (conn: RawConnection, request: LinkRequest, rest: Uint8Array) => void;

/** A logger of the shape of pino. */
export interface EdgeLog {
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
}

export interface EdgeConfig {
  /** `localhost` or e.g. `example.com`; lower case. */
  readonly baseDomain: string;
  readonly publicScheme: "http" | "https";
  /** Null for the scheme's own port. */
  readonly publicPort: number | null;
  readonly portalUrl: string;
  /** Shared with the portal, for the `x-hotspot-*` fields of requests that it forwards. */
  readonly internalSecret: string;
  /** CIDR blocks whose `X-Forwarded-*` are believed. */
  readonly trustedProxies: readonly string[];
  readonly rateLimitWindowMs: number;
  readonly rateLimitMax: number;
  /** How long a request waits for a connector to come back. */
  readonly graceMs: number;
  /** An event stream that is silent for this long gets a comment; 0: none. */
  readonly sseCommentMs: number;
  /** How long an upstream may be silent before its response head. */
  readonly upstreamHeaderTimeoutMs: number;
  /** Open connections of one client address (IPv6: of one /64). */
  readonly maxConnectionsPerAddress: number;
  /** `Strict-Transport-Security` on answers over https; 0: none. */
  readonly hstsSeconds?: number;
  /** Plain requests are sent to https, for hosts that there is a certificate for. */
  readonly httpsRedirect?: boolean;
  /** Where https is reached; null for its own port. */
  readonly securePort?: number | null;
  /** Instead of `defaultTimers`, as far as they are set. */
  readonly timers?: Partial<EdgeTimers>;
}

/** All in milliseconds. */
export interface EdgeTimers {
  /** From the first byte of a head (or the connection's start) to its end. */
  headReadMs: number;
  /** Between two requests of a connection. */
  idleMs: number;
  /** Between two reads of a request body, while the upstream takes it. */
  bodyIdleMs: number;
  /** A client that takes no byte of what is ready for it. */
  writeStallMs: number;
  /** Unread request bytes are thrown away this long after an early answer, so that the answer is not lost to a reset. */
  lingerMs: number;
  /** Between two settlings of a running request: what a relay that is killed loses of it at most. */
  partMs: number;
  /** After a half-close: a 102 is sent to see whether anybody still listens. */
  probeMs: number;
  /** For a TLS handshake. */
  handshakeMs: number;
}

export const defaultTimers: EdgeTimers = {
  headReadMs: 15_000,
  idleMs: 75_000,
  bodyIdleMs: 60_000,
  writeStallMs: 300_000,
  lingerMs: 5_000,
  partMs: 10_000,
  probeMs: 1_000,
  handshakeMs: 10_000,
};

/** What TLS listeners need. */
export interface EdgeTls {
  readonly book: CertificateBook;
  readonly stats: TlsStats;
  /** Of one client address (IPv6: of one /64); ten seconds of it at once. */
  readonly handshakesPerSecond: number;
}

export interface EdgeDeps {
  readonly config: EdgeConfig;
  readonly routes: RouteCache;
  readonly registry: TunnelRegistry;
  readonly accessKeys: AccessKeys;
  readonly meter: Meter;
  /** Left out: nobody has any. */
  readonly budgets?: Budgets;
  /** Left out: no CA ever asks. */
  readonly challenges?: Challenges;
  readonly acceptLink: AcceptLink;
  /** Left out: no TLS. */
  readonly tls?: EdgeTls;
  /** `consolePageHtml` of server/endpoints: the page at /endpoints of a tenant host. */
  readonly consolePage: (page: {
    slug: string;
    publicBaseUrl: string;
    online: boolean;
    connectors: number;
    portalUrl: string;
  }) => string;
  readonly log: EdgeLog;
  /** Milliseconds since the epoch; replaced in tests. */
  readonly now?: () => number;
}
