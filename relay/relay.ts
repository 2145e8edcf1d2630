import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { sql } from "kysely";
import { createDb, type Db } from "../db/client.ts";
import { findAccessKeyByHash, touchAccessKeys } from "../server/access-keys/index.ts";
import { readSpending } from "../server/budgets/index.ts";
import { findChallenges, loadCertificates } from "../server/certificates/index.ts";
import {
  markRelayConnectorsOffline,
  recordConnectorState,
  recordTokenReuse,
  refreshConnectorStates,
  verifyConnectorClaims,
  verifyConnectorToken,
} from "../server/connectors/index.ts";
import { findSlugOfHost } from "../server/domains/index.ts";
import { consolePageHtml, findRoute } from "../server/endpoints/index.ts";
import { listenForChanges } from "../server/events.ts";
import { createSealer, type SealingKey } from "../server/sealing.ts";
import { applyUsageBatch, nextRecordOf } from "../server/usage/index.ts";
import { createMetrics, renderDurations } from "./admin/metrics.ts";
import { type AdminServer, serveAdmin } from "./admin/server.ts";
import { RelayClock } from "./clock.ts";
import { createDirect } from "./direct-tunnels.ts";
import { createEdge, type Edge } from "./edge/edge.ts";
import { publicPortOf, type RelayEnv, securePortOf } from "./env.ts";
import { type Feed, startFeed } from "./feed/start.ts";
import { BurstCollector } from "./link/burst-collector.ts";
import { ConnectorReporter } from "./link/connector-reporter.ts";
import { LinkRoom } from "./link/link-room.ts";
import { Rechecker } from "./link/recheck.ts";
import type { Log } from "./log.ts";
import { SpendingBook } from "./metering/budgets/spending-book.ts";
import { type Metering, noMetering, startMetering } from "./metering/metering.ts";
import { AccessKeyCache } from "./routes/access-key-cache.ts";
import { ChallengeCache } from "./routes/challenge-cache.ts";
import { applyChange } from "./routes/changes.ts";
import { listRecentlySeenEndpoints } from "./routes/recently-seen.ts";
import { RouteCache } from "./routes/route-cache.ts";
import { StoredCertificates } from "./routes/stored-certificates.ts";
import { TokenMemory } from "./routes/token-memory.ts";
import { TunnelRegistry } from "./routes/tunnel-registry.ts";
import { createTcpService } from "./tcp-tunnels.ts";
import type { CertificateBook } from "./tls/certificate.ts";
import { startTls } from "./tls/start.ts";

export interface Relay {
  readonly port: number;
  /** Null without TLS. */
  readonly tlsPort: number | null;
  readonly adminPort: number;
  /**
   * Tells connectors to move, stops listening a moment later, lets running streams finish for `RELAY_DRAIN_SECONDS`, writes what is
   * counted and marks connectors offline. Idempotent.
   */
  drain(): Promise<void>;
}

/** A relay that stops goes on listening for so long, ms: its successor needs about a second to take over the port. */
const LINGER_MS = 2_000;
/** After that, clients have so long to learn that their idle connections close; then links take no new streams, ms. */
const CLOSING_MS = 2_500;
/** A start does not wait longer for Postgres: without it there is nothing to serve yet, but later there may be, ms. */
const FIRST_LOOK_MS = 1_000;
/** How often the time is compared with that of Postgres, ms. */
const FOLLOW_MS = 10_000;
/** The last writes to Postgres may take this long, ms. */
const LAST_WRITES_MS = 5_000;

/** Puts a relay together and starts it. @throws when a port is in use */
export async function startRelay(env: RelayEnv, log: Log): Promise<Relay> {
  const relayId = `relay_${hostname()}_${randomBytes(6).toString("hex")}`;
  const db = createDb(env.databaseUrl, {
    applicationName: "hotspot-relay",
    max: 8,
    onConnectionError: (error) => log.warn({ err: error }, "lost a Postgres connection"),
  });
  const now = () => performance.now();
  const clock = new RelayClock({
    monotonic: now,
    wall: Date.now,
    ask: () => databaseTime(db),
    onCorrected: (byMs) =>
      log.error({ byMs }, "the clock of this machine is wrong, that of Postgres is used"),
  });
  const verify = (token: string) =>
    verifyConnectorToken({ db, signingSecret: env.connectorSigningSecret, now: clock.now }, token);
  const publicUrl = { port: null as number | null, securePort: null as number | null };
  const publicBaseUrlOf = (slug: string) =>
    `${env.publicScheme}://${slug}.${env.baseDomain}${publicUrl.port === null ? "" : `:${publicUrl.port}`}`;

  const routes = new RouteCache({
    find: (slug) => findRoute(db, slug),
    findHost: (host) => findSlugOfHost(db, host),
    now,
    onStale: (slug, error) =>
      log.warn({ err: error, slug }, "route not looked up, the last known one serves"),
  });
  const challenges = new ChallengeCache({
    find: (host) => findChallenges(db, host),
    onError: (host, error) => log.warn({ err: error, host }, "challenges of a custom domain not looked up"),
  });
  const accessKeys = new AccessKeyCache({
    find: (query) => findAccessKeyByHash(db, query),
    now: clock.now,
    onStale: (error) => log.warn({ err: error }, "access key not looked up, the last answer holds"),
  });
  const registry = new TunnelRegistry({
    now,
    createDirect: createDirect(env, log),
  });
  const memory = new TokenMemory();
  const room: LinkRoom = new LinkRoom({
    verify,
    lookupRoute: (slug) => routes.lookup(slug),
    registry,
    memory,
    publicBaseUrlOf,
    onConnectorChange: (connectorId) => reporter.changed(connectorId),
    holders: {
      policy: env.connectorReplay,
      onReuse(reuse) {
        log.warn({ ...reuse }, "connector token used by a second program");
        recordTokenReuse(db, reuse).catch((error: unknown) =>
          log.error({ err: error, connectorId: reuse.connectorId }, "token reuse not recorded"),
        );
      },
    },
    now,
    wallClock: clock.now,
    schedule: setImmediate,
    delay: (ms) => delay(ms),
    log,
  });
  const reporter = new ConnectorReporter({
    room,
    record: (state) => recordConnectorState(db, state),
    refresh: (states) => refreshConnectorStates(db, relayId, states),
    relayId,
    now,
    log,
  });
  const rechecker = new Rechecker({
    room,
    verify: (claims) => verifyConnectorClaims({ db, now: clock.now }, claims),
    memory,
    log,
  });
  const budgets =
    env.journal === null
      ? null
      : new SpendingBook({
          read: (tenantId) =>
            readSpending(db, { tenantId, journalId: metering.journalId ?? "", now: new Date(clock.now()) }),
          now: clock.now,
          onReadFailed: (tenantId, error) =>
            log.warn({ err: error, tenantId }, "budgets not read, what was known last holds"),
        });
  const metering: Metering =
    env.journal === null
      ? noMetering(relayId)
      : await startMetering({
          relayId,
          root: env.journal.dir,
          syncMs: env.journal.syncMs,
          keepHours: env.journal.keepHours,
          apply: (batch) => applyUsageBatch(db, batch),
          nextRecord: (journalId) => nextRecordOf(db, journalId),
          touch: (uses) => touchAccessKeys(db, uses),
          onStored: (seq, record) => budgets?.stored(seq, record),
          log,
        });
  const tcp = createTcpService(env, {
    db,
    relayId,
    links: registry.tcp,
    routes,
    meter: metering.meter,
    budgets,
    log,
  });
  const changes = listenForChanges(
    env.databaseUrl,
    (event) =>
      applyChange(event, {
        routes,
        accessKeys,
        budgets,
        tcp: tcp?.room ?? null,
        recheck: (fits) => rechecker.check(fits),
        onCertificates() {
          challenges.invalidateAll();
          void stored?.reload();
        },
        onResync: () => void noteRecentlySeen(db, registry, log),
      }),
    log,
  );
  const followPostgres = () =>
    clock
      .follow()
      .catch((error: unknown) =>
        log.warn({ err: error }, "the time of Postgres not read, our own counts on"),
      );
  const follower = setInterval(followPostgres, FOLLOW_MS);
  const collector = new BurstCollector(() => Bun.gc(true));
  const ticker = setInterval(() => {
    room.tick(clock.now());
    collector.tick(room.counts.accepted, now());
    reporter.tick();
    accessKeys.tick();
    budgets?.tick();
    tcp?.tick();
  }, 1_000);

  const tls = env.tls && (await startTls(env.tls, log));
  const stored = tls && env.sealingKeys && openStored(db, tls.book, env.sealingKeys, log);
  const edge = createEdge({
    config: {
      baseDomain: env.baseDomain,
      publicScheme: env.publicScheme,
      get publicPort() {
        return publicUrl.port;
      },
      portalUrl: env.portalUrl,
      internalSecret: env.internalSecret,
      trustedProxies: env.trustedProxies,
      rateLimitWindowMs: env.rateLimit.windowMs,
      rateLimitMax: env.rateLimit.max,
      graceMs: env.graceMs,
      sseCommentMs: env.sseCommentMs,
      upstreamHeaderTimeoutMs: env.headerTimeoutMs,
      maxConnectionsPerAddress: env.maxConnectionsPerAddress,
      timers: env.clientTimers,
      hstsSeconds: env.hstsSeconds,
      httpsRedirect: env.httpsRedirect,
      get securePort() {
        return publicUrl.securePort;
      },
    },
    routes,
    registry,
    accessKeys,
    challenges,
    meter: metering.meter,
    ...(budgets && { budgets }),
    ...(tls && { tls }),
    acceptLink: (conn, request, rest) => room.acceptLink(conn, request, rest),
    consolePage: consolePageHtml,
    now: clock.now,
    log,
  });

  let draining: Promise<void> | null = null;
  const abandon = async () => {
    clearInterval(ticker);
    clearInterval(follower);
    edge.stop();
    tls?.stop();
    tcp?.room.stop();
    await changes.stop();
    await metering.drain(0);
    await db.destroy();
  };
  // Before the first request can come: it must find out that its connector is only on its way back.
  await within(
    FIRST_LOOK_MS,
    Promise.all([noteRecentlySeen(db, registry, log), followPostgres(), stored?.reload()]),
  );
  let port: number;
  let tlsPort: number | null = null;
  let admin: AdminServer;
  let feed = null as Feed | null;
  try {
    port = listen(edge, env.port).port;
    if (env.tls !== null) tlsPort = (await listenTls(edge, env.tls.port)).port;
    publicUrl.port = publicPortOf(env, port);
    publicUrl.securePort = securePortOf(env, tlsPort);
    admin = serveAdmin({
      port: env.adminPort,
      registry: createMetrics({
        room,
        metering,
        edge: () => ({ ...edge.stats }),
        tcp: tcp?.room ?? null,
        tls,
        feed: () => feed,
      }),
      more: () => renderDurations(metering.meter.totals),
      notReady: () => (draining === null ? null : "draining"),
    });
    feed = startFeed(env, log);
    void tcp?.expectReturning();
  } catch (error) {
    await abandon();
    throw error;
  }

  async function leave(): Promise<void> {
    log.info({ ...room.totals }, "draining");
    const deadline = now() + env.drainSeconds * 1_000;
    const left = () => Math.max(0, deadline - now());
    const tcpConnections = tcp?.room.totals.connections ?? 0;
    const isUnused = room.totals.links === 0 && edge.stats.connections + tcpConnections === 0;
    const lingerMs = isUnused ? 0 : Math.min(LINGER_MS, left() / 2);
    let quiet = false;
    const edgeQuiet = Promise.all([edge.drain(lingerMs), tcp?.room.drain(lingerMs)]).then(() => {
      quiet = true;
    });
    room.drain();
    await Promise.race([edgeQuiet, delay(Math.min(lingerMs + CLOSING_MS, left()))]);
    room.retire();
    registry.close();
    await Promise.race([edgeQuiet, delay(left())]);
    if (!quiet) log.warn({ ...room.totals }, "drain time is over, cutting what is left");
    edge.stop();
    tls?.stop();
    tcp?.room.stop();
    room.close();
    clearInterval(ticker);
    clearInterval(follower);
    rechecker.stop();
    await changes.stop();
    await within(LAST_WRITES_MS, Promise.all([reporter.stop(), tcp?.report()]));
    await metering.drain(LAST_WRITES_MS);
    await feed?.stop(LAST_WRITES_MS);
    await within(
      LAST_WRITES_MS,
      markRelayConnectorsOffline(db, relayId).catch((error: unknown) =>
        log.warn({ err: error }, "connectors not marked offline"),
      ),
    );
    await admin.stop();
    await within(LAST_WRITES_MS, db.destroy());
    log.info({}, "drained");
  }

  return {
    port,
    tlsPort,
    adminPort: admin.port,
    drain() {
      draining ??= leave();
      return draining;
    },
  };
}

/** Both families on one socket; a machine without IPv6 gets IPv4 only. */
function listen(edge: Edge, port: number) {
  try {
    return edge.listen({ port, hostname: "::", reusePort: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAFNOSUPPORT") throw error;
    return edge.listen({ port, hostname: "0.0.0.0", reusePort: true });
  }
}

async function listenTls(edge: Edge, port: number) {
  try {
    return await edge.listenTls({ port, hostname: "::", reusePort: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EAFNOSUPPORT") throw error;
    return edge.listenTls({ port, hostname: "0.0.0.0", reusePort: true });
  }
}

async function databaseTime(db: Db): Promise<number> {
  const { rows } = await sql<{ ms: number }>`
    select (extract(epoch from clock_timestamp()) * 1000)::double precision as ms`.execute(db);
  return rows[0]!.ms;
}

/** The certificates that the portal ordered. */
function openStored(
  db: Db,
  book: CertificateBook,
  keys: readonly SealingKey[],
  log: Log,
): StoredCertificates {
  const sealer = createSealer(keys);
  const onSealed = (name: string, error: unknown) =>
    log.error({ err: error, name }, "certificate not opened");
  return new StoredCertificates({
    book,
    source: { load: () => loadCertificates(db, sealer, onSealed) },
    log,
  });
}

async function noteRecentlySeen(db: Db, registry: TunnelRegistry, log: Log): Promise<void> {
  try {
    registry.learnPast(await listRecentlySeenEndpoints(db));
  } catch (error) {
    // Only the wait for returning connectors is lost; the next connection to Postgres asks again.
    log.warn({ err: error }, "connectors seen lately not read");
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  await Promise.race([work, delay(ms)]);
}
