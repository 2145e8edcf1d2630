import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import { createAccessKey, createEndpoint, createTenant } from "../../db/testing/factories.ts";
import { spawnConnector } from "../fixtures/connector-process.ts";
import type { ManagedProcess } from "../fixtures/managed-process.ts";
import { startRelay } from "../fixtures/relay-process.ts";
import { until } from "../fixtures/until.ts";
import { startIssuingPortal } from "../standins/issuing-portal.ts";
import type { Side } from "./compare.ts";
import type { Bench } from "./part.ts";

/** The whole path as in production: relay with key check, rate limit and request log, a link, a connector. */
export interface TunnelUnderTest {
  readonly port: number;
  /** 0: it has none, unless `env` says so. */
  readonly tlsPort: number;
  /** Host and access key: what every request needs. */
  readonly headers: Record<string, string>;
  readonly slug: string;
  readonly relay: ManagedProcess;
  readonly connector: ManagedProcess;
  /** As a side of a comparison that asks for `/1k`. */
  side(name?: string): Side;
  /** Rows of the request log so far. */
  loggedRequests(): Promise<number>;
}

export interface TunnelOptions {
  readonly upstreamPort: number;
  /** Tells two tunnels of one part apart. */
  readonly name?: string;
  /** Settings of the relay beyond those that keep limits out of the way. */
  readonly env?: Record<string, string>;
  readonly requireAccessKey?: boolean;
  /** Gives the port that the connector dials instead of the relay's, e.g. of something in between. */
  linkVia?(relayPort: number): Promise<number>;
}

export async function startTunnel(bench: Bench, options: TunnelOptions): Promise<TunnelUnderTest> {
  const { resources } = bench;
  const dir = join(bench.dir, options.name ?? "tunnel");
  await mkdir(dir, { recursive: true });
  const database = await bench.database();
  const { db } = database;
  const tenant = await createTenant(db, { plan: "team" });
  const endpoint = await createEndpoint(db, tenant, { requireAccessKey: options.requireAccessKey ?? true });
  const key = await createAccessKey(db, tenant);
  const signingSecret = randomBytes(24).toString("hex");
  const relay = await startRelay({
    databaseUrl: database.url,
    internalSecret: randomBytes(24).toString("hex"),
    signingSecret,
    dataDir: join(dir, "data"),
    env: {
      PROXY_RATE_LIMIT_MAX: "1000000000",
      RELAY_MAX_CONNECTIONS_PER_ADDRESS: "1000000",
      LOG_LEVEL: "warn",
      ...options.env,
    },
  });
  await resources.keep(() => relay.process.stop());
  const linkPort = (await options.linkVia?.(relay.port)) ?? relay.port;
  const portal = await startIssuingPortal({ db, signingSecret, relayPort: linkPort });
  await resources.keep(portal.stop);
  // Its request lines go to a file, as under a service manager: reading them here would load the machine under test.
  const log = join(dir, "connector.log");
  const file = openSync(log, "a");
  const connector = spawnConnector({
    licenseKey: tenant.licenseKey,
    slug: endpoint.slug,
    to: `http://127.0.0.1:${options.upstreamPort}`,
    portalUrl: portal.url,
    configDir: join(dir, "connector"),
    stdout: file,
  });
  closeSync(file);
  await resources.keep(() => connector.stop());
  await until(() => {
    if (!connector.running) throw new Error(`the connector ended: ${connector.stderr.join("\n")}`);
    if (!readFileSync(log, "utf8").startsWith("live ")) throw new Error("the connector was not live in time");
  }, 30_000);
  const headers = {
    Host: `${endpoint.slug}.localhost:${relay.port}`,
    Authorization: `Bearer ${key.secret}`,
  };
  return {
    port: relay.port,
    tlsPort: relay.tlsPort,
    headers,
    slug: endpoint.slug,
    relay: relay.process,
    connector,
    side: (name = "hotspot") => ({
      name,
      target: { port: relay.port, path: "/1k", headers },
      processes: [
        { name: "relay", pid: relay.process.pid },
        { name: "connector", pid: connector.pid },
        // It writes the request log, on the same CPUs.
        { name: "postgres", pid: database.pid },
      ],
    }),
    loggedRequests: () => countRequests(db, endpoint.endpointId),
  };
}

/** Without unpacking what is in blocks: it is asked again and again. */
async function countRequests(db: Db, endpointId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select (select count(*) from requests where endpoint_id = ${endpointId})
      + (select coalesce(sum(requests), 0) from request_blocks where endpoint_id = ${endpointId}) as count`.execute(
    db,
  );
  return rows[0]!.count;
}
