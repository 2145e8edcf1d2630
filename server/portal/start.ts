import { once } from "node:events";
import http, { type IncomingMessage, type Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { ServerBuild } from "@remix-run/node";
import { createDb } from "../../db/client.ts";
import { createAuth, createAuthHandler, createEnsureTenant, createKnownBrowsers } from "../auth/index.ts";
import { createBilling, ensureCustomer, keepCatalogReady } from "../billing/index.ts";
import { budgetAlertsTask } from "../budgets/index.ts";
import { createChangeHub } from "../change-hub.ts";
import { publicUrlFor } from "../endpoints/index.ts";
import type { PortalEnv } from "../env.ts";
import { DomainError } from "../errors.ts";
import { listenForChanges } from "../events.ts";
import { housekeepingTasks } from "../jobs/housekeeping.ts";
import { createJobMetrics, startJobs } from "../jobs/index.ts";
import { createPostgresLimiter } from "../limits/index.ts";
import type { Logger } from "../log.ts";
import { createMailer, createTransportFor } from "../mail/index.ts";
import { createRequestArchive } from "../requests/archive.ts";
import { createContext } from "../trpc/context.ts";
import { createCaller } from "../trpc/root.ts";
import { createAdminServer } from "./admin.ts";
import { apiConfigOf } from "./api-config.ts";
import { createPortalApp } from "./app.ts";
import { createBackground } from "./background.ts";
import { bucketUseTasks } from "./bucket-use.ts";
import { createClientAddressReader } from "./client-address.ts";
import { createDomains } from "./domains.ts";
import { createForwarder } from "./forward.ts";
import { readHost } from "./host.ts";
import { createHubs } from "./hubs.ts";
import { createMetrics } from "./metrics.ts";
import { beginRequest } from "./request-info.ts";
import { createStripeEvents } from "./stripe-events.ts";
import { tenantErrors } from "./tenant-errors.ts";
import { createTenantHost, rawAnswer } from "./tenant-host.ts";

export interface RunningPortal {
  readonly port: number;
  readonly adminPort: number;
  /** Takes no new requests, waits for those under way up to `drainMs`, then ends everything. Idempotent. */
  stop(): Promise<void>;
}

/** Milliseconds that requests under way may still take after SIGTERM. */
const drainMs = 10_000;
/** Milliseconds that a webhook waits for jobs to begin; then it fails as it would without them, and is sent again. */
const jobsPatienceMs = 5_000;

/**
 * Starts the portal: makes every instance, listens, does jobs. The database must be migrated.
 *
 * @param pages the built Remix app; null serves everything but pages
 */
export async function startPortal(
  given: PortalEnv,
  { log, pages }: { log: Logger; pages: ServerBuild | null },
): Promise<RunningPortal> {
  const server = createPortalServer();
  const port = await listen(server, given.port);
  // With port 0 the address is known only now.
  const env = given.port === 0 ? { ...given, portalUrl: given.portalUrl.replace(/:0$/, `:${port}`) } : given;

  const db = createDb(env.databaseUrl, {
    applicationName: "hotspot-portal",
    onConnectionError: (error) => log.warn({ err: error }, "lost a database connection"),
  });
  const metrics = createMetrics();
  const background = createBackground(log);
  const mailer = createMailer({ transport: createTransportFor(env.mail), from: env.mail.from, log });
  const billing = createBilling(env.billing, { db, log });
  const stripe = billing.mode === "off" ? null : billing.stripe;
  const archive = env.storage.kind === "s3" ? createRequestArchive(env.storage) : null;
  const ensureTenant = createEnsureTenant(db, (tenantId) => {
    // One that fails is made up for by the hourly chores.
    if (stripe) background.run(ensureCustomer({ db, stripe }, tenantId));
  });
  const auth = createAuth({
    db,
    log,
    mailer,
    portalUrl: env.portalUrl,
    secret: env.authSecret,
    ensureTenant,
    runInBackground: background.run,
  });
  const knownBrowsers = createKnownBrowsers(env.authSecret, env.portalUrl.startsWith("https://"));
  const authHandler = createAuthHandler({ auth, db, log, knownBrowsers });
  const changes = createChangeHub();
  const listener = listenForChanges(env.databaseUrl, changes.publish, log);
  const config = apiConfigOf(env);
  const { domains, domainTasks } = createDomains({ env, db, config, mailer, log });
  const { hubs, hubTasks, checkCloudflare } = createHubs({ env, db, log, registry: metrics.registry });
  background.run(checkCloudflare());
  const api = { db, config, log, limiter: createPostgresLimiter(db), changes, billing, domains, hubs };
  const draining = new AbortController();
  if (billing.mode !== "off") {
    background.run(keepCatalogReady({ db, billing, portalUrl: env.portalUrl, log }, draining.signal));
  }
  const jobsStarted = Promise.withResolvers<void>();
  const jobsReady = () =>
    Promise.race([jobsStarted.promise, delay(jobsPatienceMs, undefined, { ref: false })]);
  const stripeEvents = createStripeEvents({
    env,
    db,
    billing,
    mailer,
    log,
    registry: metrics.registry,
    jobsReady,
  });
  const app = createPortalApp({
    env,
    db,
    api,
    auth,
    authHandler,
    ensureTenant,
    webhooks: stripeEvents.webhooks,
    pages,
    draining: draining.signal,
  });
  const forwarder = createForwarder(env.relay);
  const tenants = createTenantHost({
    forwarder,
    portalUrl: env.portalUrl,
    answerHealth: (request, response, info) => app.handleTenantHealth(request, response, info),
    async findEndpointState(slug, { requestId, clientAddress }) {
      const host = `${slug}.${env.endpoints.baseDomain}`;
      const context = createContext({ deps: api, requestId, clientAddress, session: null, host });
      try {
        const { online, connectors } = await createCaller(context).endpoints.health();
        return { publicBaseUrl: publicUrlFor(api.config, slug), online, connectors };
      } catch (error) {
        const { cause } = error as Error;
        if (cause instanceof DomainError && cause.kind === "not_found") return null;
        throw error;
      }
    },
  });

  const hosts = { baseDomain: env.endpoints.baseDomain, portalHost: new URL(env.portalUrl).hostname };
  const clientAddress = createClientAddressReader(env.trustedProxies);
  const begin = (request: IncomingMessage, response: ServerResponse) =>
    beginRequest({ log, metrics, clientAddress }, request, response);
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const info = begin(request, response);
    const target = readHost(request, hosts);
    if (target.kind === "portal") app.handle(request, response, info);
    else if (target.kind === "tenant") void tenants.handle(request, response, info, target.slug);
    else tenants.fail(request, response, info, tenantErrors.ambiguousHost);
  });
  const upgraded = new Set<Duplex>();
  server.on("upgrade", (request, socket, head) => {
    upgraded.add(socket);
    socket.once("close", () => upgraded.delete(socket));
    // Never written to: it only carries the record of the request to its end.
    const record = new ServerResponse(request);
    socket.once("close", () => record.emit("close"));
    const info = begin(request, record);
    const target = readHost(request, hosts);
    if (target.kind === "tenant") return tenants.upgrade(request, socket, head, info, target.slug);
    socket.end(rawAnswer(404, { connection: "close", "content-type": "text/plain" }, "no WebSocket here\n"));
  });

  let stopping: Promise<void> | undefined;
  const admin = createAdminServer({
    db,
    registry: metrics.registry,
    isDraining: () => draining.signal.aborted,
  });
  const adminPort = await listen(admin, env.adminPort, "127.0.0.1");
  const jobs = startJobs({
    databaseUrl: env.databaseUrl,
    tasks: [
      ...housekeepingTasks({ db, archive, stripe }),
      ...stripeEvents.tasks,
      ...domainTasks,
      ...hubTasks,
      ...bucketUseTasks({ cloudflare: hubs.cloudflare, db, log, registry: metrics.registry }),
      budgetAlertsTask({ db, mailer, portalUrl: env.portalUrl }),
    ],
    log,
    metrics: createJobMetrics(metrics.registry),
  });
  void jobs.started.then(jobsStarted.resolve);

  const stop = async () => {
    log.info("portal draining");
    draining.abort();
    await Promise.all([closeServer(server, upgraded), jobs.stop()]);
    forwarder.close();
    await background.idle();
    await listener.stop();
    mailer.close();
    admin.closeAllConnections();
    admin.close();
    await db.destroy();
    log.info("portal stopped");
  };
  return {
    port,
    adminPort,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

function createPortalServer(): Server {
  return http.createServer({
    // Slow heads are cut; a body may take as long as a model listens, so each reader of bodies has its own limit.
    headersTimeout: 20_000,
    requestTimeout: 0,
    keepAliveTimeout: 65_000,
    // Tenant hosts on this port: as much as the relay reads, which then knows the limits of the plan.
    maxHeaderSize: 32 * 1024,
  });
}

async function listen(server: Server, port: number, host?: string): Promise<number> {
  server.listen({ port, ...(host ? { host } : {}) });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Waits for requests and WebSockets under way, then cuts what is left. */
async function closeServer(server: Server, upgraded: ReadonlySet<Duplex>): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => {
    server.closeAllConnections();
    for (const socket of upgraded) socket.destroy();
  }, drainMs);
  await closed;
  clearTimeout(timer);
}
