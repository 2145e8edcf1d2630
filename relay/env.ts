import { join, resolve } from "node:path";
import { EnvError, readVariables } from "../server/env-schema.ts";
import type { SealingKey } from "../server/sealing.ts";
import { relayVariables } from "./env-variables.ts";

/** The relay's configuration: read once at start, frozen, handed on. */
export interface RelayEnv {
  readonly logLevel: string;
  readonly databaseUrl: string;
  readonly port: number;
  readonly adminPort: number;
  readonly portalUrl: string;
  readonly baseDomain: string;
  readonly publicScheme: "http" | "https";
  /** As configured; without it the relay's own port is shown for `localhost`, and none for a real domain. */
  readonly publicPort: number | undefined;
  readonly internalSecret: string;
  readonly connectorSigningSecret: string;
  readonly graceMs: number;
  /** 0: no comments. */
  readonly sseCommentMs: number;
  readonly headerTimeoutMs: number;
  readonly drainSeconds: number;
  readonly maxConnectionsPerAddress: number;
  readonly connectorReplay: "allow" | "refuse" | "kick";
  /** Of the edge: what a client has time for, ms. */
  readonly clientTimers: {
    readonly headReadMs: number;
    readonly bodyIdleMs: number;
    readonly idleMs: number;
    readonly writeStallMs: number;
  };
  /** null: no TLS. */
  readonly tls: {
    readonly port: number;
    /** PEM text or paths. */
    readonly cert: string | null;
    readonly key: string | null;
    readonly dir: string | null;
    readonly handshakesPerSecond: number;
  } | null;
  /** null: certificates of the database are not used. */
  readonly sealingKeys: readonly SealingKey[] | null;
  /** 0: none is asked for. */
  readonly hstsSeconds: number;
  readonly httpsRedirect: boolean;
  readonly rateLimit: { readonly windowMs: number; readonly max: number };
  readonly allowPrivateUpstreams: boolean;
  /** null: nothing is metered. */
  readonly journal: { readonly dir: string; readonly syncMs: number; readonly keepHours: number } | null;
  /** Where usage is reported to; null: nowhere. */
  readonly stripe: {
    readonly secretKey: string;
    readonly apiBase: string | null;
    /** Between reports. */
    readonly pushSeconds: number;
  } | null;
  /** null: no TCP tunnels. */
  readonly tcp: {
    readonly ports: { readonly first: number; readonly last: number };
    readonly idleSeconds: number;
    readonly maxConnectionsPerAddress: number;
  } | null;
  /** Addresses or CIDR ranges. */
  readonly trustedProxies: readonly string[];
}

/**
 * Checks the environment and gives the configuration.
 * @throws EnvError naming every variable that is wrong
 */
export function readRelayEnv(source: Readonly<Record<string, string | undefined>>): RelayEnv {
  const values = readVariables(relayVariables, source);
  if ((values.RELAY_TLS_CERT === undefined) !== (values.RELAY_TLS_KEY === undefined)) {
    throw new EnvError(["RELAY_TLS_CERT and RELAY_TLS_KEY belong together; expected both or none"]);
  }
  const local = values.ENDPOINTS_BASE_DOMAIN === "localhost";
  return Object.freeze({
    logLevel: values.LOG_LEVEL,
    databaseUrl: values.DATABASE_URL,
    port: values.RELAY_PORT,
    adminPort: values.RELAY_ADMIN_PORT,
    portalUrl: values.PORTAL_URL ?? `http://localhost:${values.PORT}`,
    baseDomain: values.ENDPOINTS_BASE_DOMAIN,
    publicScheme: values.ENDPOINTS_PUBLIC_SCHEME ?? (local ? "http" : "https"),
    publicPort: values.ENDPOINTS_PUBLIC_PORT,
    internalSecret: values.RELAY_INTERNAL_SECRET,
    connectorSigningSecret: values.RELAY_CONNECTOR_SIGNING_SECRET,
    graceMs: values.RELAY_GRACE_MS,
    sseCommentMs: values.RELAY_SSE_COMMENT_SECONDS * 1_000,
    headerTimeoutMs: values.RELAY_HEADER_TIMEOUT_MS,
    drainSeconds: values.RELAY_DRAIN_SECONDS,
    maxConnectionsPerAddress: values.RELAY_MAX_CONNECTIONS_PER_ADDRESS,
    connectorReplay: values.CONNECTOR_REPLAY,
    clientTimers: Object.freeze({
      headReadMs: values.RELAY_CLIENT_HEAD_SECONDS * 1_000,
      bodyIdleMs: values.RELAY_CLIENT_BODY_SECONDS * 1_000,
      idleMs: values.RELAY_CLIENT_IDLE_SECONDS * 1_000,
      writeStallMs: values.RELAY_CLIENT_STALL_SECONDS * 1_000,
      handshakeMs: values.RELAY_TLS_HANDSHAKE_SECONDS * 1_000,
    }),
    tls:
      values.RELAY_TLS_PORT === undefined
        ? null
        : Object.freeze({
            port: values.RELAY_TLS_PORT,
            cert: values.RELAY_TLS_CERT ?? null,
            key: values.RELAY_TLS_KEY ?? null,
            dir: values.RELAY_TLS_DIR ?? null,
            handshakesPerSecond: values.RELAY_TLS_HANDSHAKES_PER_SECOND,
          }),
    sealingKeys: values.SEALING_KEYS,
    hstsSeconds: values.RELAY_HSTS_SECONDS,
    httpsRedirect: values.RELAY_HTTPS_REDIRECT === "on",
    rateLimit: Object.freeze({
      windowMs: values.PROXY_RATE_LIMIT_WINDOW_MS,
      max: values.PROXY_RATE_LIMIT_MAX,
    }),
    allowPrivateUpstreams: values.ALLOW_PRIVATE_UPSTREAMS,
    journal:
      values.RELAY_METERING === "on"
        ? Object.freeze({
            dir: resolve(values.RELAY_JOURNAL_DIR ?? join(values.HOTSPOT_DATA_DIR, "journal")),
            syncMs: values.RELAY_JOURNAL_FSYNC_MS,
            keepHours: values.RELAY_JOURNAL_KEEP_HOURS,
          })
        : null,
    stripe: values.STRIPE_SECRET_KEY
      ? Object.freeze({
          secretKey: values.STRIPE_SECRET_KEY,
          apiBase: values.STRIPE_API_BASE ?? null,
          pushSeconds: values.METER_PUSH_SECONDS,
        })
      : null,
    tcp: values.RELAY_TCP_PORTS
      ? Object.freeze({
          ports: values.RELAY_TCP_PORTS,
          idleSeconds: values.RELAY_TCP_IDLE_SECONDS,
          maxConnectionsPerAddress: values.RELAY_TCP_MAX_CONNECTIONS_PER_ADDRESS,
        })
      : null,
    trustedProxies: Object.freeze(values.TRUSTED_PROXIES),
  });
}

/**
 * The port that https is reached at; null when it is 443 or there is none.
 * @param listening the port with TLS that the relay really listens on
 */
export function securePortOf(env: RelayEnv, listening: number | null): number | null {
  const port = env.publicScheme === "https" ? (env.publicPort ?? listening) : listening;
  return port === 443 ? null : port;
}

/**
 * The port that public addresses show; null when it is the scheme's own.
 * @param listening the port that the relay really listens on
 */
export function publicPortOf(env: RelayEnv, listening: number): number | null {
  const port = env.publicPort ?? (env.baseDomain === "localhost" ? listening : null);
  return port === (env.publicScheme === "https" ? 443 : 80) ? null : port;
}
