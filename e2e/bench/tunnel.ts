import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createDb, type Db } from "../../db/client.ts";
import { startEmbeddedPostgres } from "../../db/embedded/index.ts";
import { migrateToLatest } from "../../db/migrate.ts";
import { createAccessKey, createEndpoint, createTenant } from "../../db/testing/factories.ts";
import { spawnConnector } from "../fixtures/connector-process.ts";
import { type ManagedProcess, stopAll } from "../fixtures/managed-process.ts";
import { startRelay } from "../fixtures/relay-process.ts";
import { until } from "../fixtures/until.ts";
import { startIssuingPortal } from "../standins/issuing-portal.ts";
import type { LoadTarget } from "./load.ts";

/** The whole path as in production: relay with key check, rate limit and request log, a link, a connector. */
export interface TunnelUnderTest {
  readonly target: LoadTarget;
  readonly relay: ManagedProcess;
  readonly connector: ManagedProcess;
  readonly postgresPid: number;
  /** Rows of the request log so far. */
  loggedRequests(): Promise<number>;
  stop(): Promise<void>;
}

/** @param env settings of the relay beyond those that keep limits out of the way */
export async function startTunnel(
  dir: string,
  upstreamPort: number,
  env: Record<string, string> = {},
): Promise<TunnelUnderTest> {
  await mkdir(dir, { recursive: true });
  const postgres = await startEmbeddedPostgres({ dataDir: join(dir, "postgres") });
  const db = createDb(postgres.url, { max: 3 });
  await migrateToLatest(db);
  const tenant = await createTenant(db, { plan: "team" });
  const endpoint = await createEndpoint(db, tenant, { requireAccessKey: true });
  const key = await createAccessKey(db, tenant);
  const signingSecret = randomBytes(24).toString("hex");
  const relay = await startRelay({
    databaseUrl: postgres.url,
    internalSecret: randomBytes(24).toString("hex"),
    signingSecret,
    dataDir: join(dir, "data"),
    env: { PROXY_RATE_LIMIT_MAX: "1000000000", LOG_LEVEL: "warn", ...env },
  });
  const portal = await startIssuingPortal({ db, signingSecret, relayPort: relay.port });
  // Its request lines go to a file, as under a service manager: reading them here would load the machine under test.
  const log = join(dir, "connector.log");
  const file = openSync(log, "a");
  const connector = spawnConnector({
    licenseKey: tenant.licenseKey,
    slug: endpoint.slug,
    to: `http://127.0.0.1:${upstreamPort}`,
    portalUrl: portal.url,
    configDir: join(dir, "connector"),
    stdout: file,
  });
  closeSync(file);
  await until(() => {
    if (!connector.running) throw new Error(`the connector ended: ${connector.stderr.join("\n")}`);
    if (!readFileSync(log, "utf8").startsWith("live ")) throw new Error("the connector was not live in time");
  });
  return {
    target: {
      port: relay.port,
      path: "/1k",
      headers: { Host: `${endpoint.slug}.localhost:${relay.port}`, Authorization: `Bearer ${key.secret}` },
    },
    relay: relay.process,
    connector,
    postgresPid: postgres.pid,
    loggedRequests: () => countRequests(db, endpoint.endpointId),
    async stop() {
      await stopAll([connector, relay.process]);
      await portal.stop();
      await db.destroy();
      await postgres.stop();
    },
  };
}

async function countRequests(db: Db, endpointId: string): Promise<number> {
  const { count } = await db
    .selectFrom("requests")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("endpoint_id", "=", endpointId)
    .executeTakeFirstOrThrow();
  return Number(count);
}
