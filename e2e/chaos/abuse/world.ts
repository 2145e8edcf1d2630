import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { createDb, type Db } from "../../../db/client.ts";
import { startEmbeddedPostgres } from "../../../db/embedded/index.ts";
import { migrateToLatest } from "../../../db/migrate.ts";
import { createEndpoint, createTenant, type TestTenant } from "../../../db/testing/factories.ts";
import { root, toolEnv } from "../../fixtures/clone.ts";
import { spawnConnector } from "../../fixtures/connector-process.ts";
import { ManagedProcess, stopAll } from "../../fixtures/managed-process.ts";
import { anonymousBytes } from "../../fixtures/process-memory.ts";
import { type Relay, startRelay } from "../../fixtures/relay-process.ts";
import { startIssuingPortal } from "../../standins/issuing-portal.ts";
import { startUpstream, type Upstream } from "../../standins/upstream.ts";
import { yieldCpu } from "./programs.ts";

/** Files that this process and the relay may have open: 20,000 connections and what else there is. */
const FILES = 60_000;

/** One tenant that is abused, or abuses, and one beside it that must not feel it. */
export interface AbuseWorld {
  readonly db: Db;
  readonly relay: Relay;
  readonly port: number;
  readonly signingSecret: string;
  readonly tenant: TestTenant;
  readonly host: string;
  readonly upstream: Upstream;
  readonly besideHost: string;
  readonly besideUpstreamPort: number;
  /** What the other tenant's upstream answers at once. */
  readonly besidePath: string;
  /** Resident bytes of the relay, now, without its mapped journal. */
  relayBytes(): number;
  /** The same of both connectors. */
  connectorBytes(): number;
  /** Files that the relay has open. */
  relayFiles(): number;
  stop(): Promise<void>;
}

export async function startAbuseWorld(dir: string): Promise<AbuseWorld> {
  const postgres = await startEmbeddedPostgres({ dataDir: join(dir, "postgres") });
  const db = createDb(postgres.url, { max: 6, onConnectionError: () => undefined });
  await migrateToLatest(db);
  const signingSecret = randomBytes(24).toString("hex");
  allowFiles(process.pid);
  const relay = await startRelay({
    databaseUrl: postgres.url,
    internalSecret: randomBytes(24).toString("hex"),
    signingSecret,
    dataDir: dir,
    env: {
      LOG_LEVEL: "error",
      RELAY_MAX_CONNECTIONS_PER_ADDRESS: "1000000",
      PROXY_RATE_LIMIT_MAX: "100000000",
    },
  });
  allowFiles(relay.process.pid);
  const { port } = relay;
  const portal = await startIssuingPortal({ db, signingSecret, relayPort: port });
  const upstream = await startUpstream();
  const children = [relay.process];
  const endpointOf = async (owner: TestTenant, name: string, to: string) => {
    const endpoint = await createEndpoint(db, owner);
    const connector = spawnConnector({
      licenseKey: owner.licenseKey,
      slug: endpoint.slug,
      to,
      portalUrl: portal.url,
      configDir: join(dir, name),
    });
    children.push(connector);
    await connector.line("its live line", (line) => line.startsWith("live "));
    return { host: `${endpoint.slug}.localhost:${port}`, connector };
  };
  const tenant = await createTenant(db, { plan: "team" });
  const abused = await endpointOf(tenant, "abused", upstream.url);
  // The other tenant shares nothing with the abuser but the relay: its upstream is a process of its own, and what
  // belongs to the abuser (clients, connector, upstream in this process) gets only the CPU that is left over.
  const besideUpstream = new ManagedProcess(
    "upstream",
    "bun",
    ["e2e/bench/programs/upstream-main.ts", "null"],
    {
      cwd: root,
      env: toolEnv(),
    },
  );
  children.push(besideUpstream);
  const ready = await besideUpstream.line("its port", (line) => line.startsWith("{") && line);
  const besideUpstreamPort = (JSON.parse(ready) as { port: number }).port;
  const besideUrl = `http://127.0.0.1:${besideUpstreamPort}`;
  const beside = await endpointOf(await createTenant(db, { plan: "team" }), "beside", besideUrl);
  yieldCpu(abused.connector.pid);
  yieldCpu(process.pid);
  upstream.on("/small", (_req, res) => res.end("small"));
  return {
    db,
    relay,
    port,
    signingSecret,
    tenant,
    host: abused.host,
    upstream,
    besideHost: beside.host,
    besideUpstreamPort,
    besidePath: "/1k",
    relayBytes: () => anonymousBytes(relay.process.pid),
    connectorBytes: () => anonymousBytes(abused.connector.pid) + anonymousBytes(beside.connector.pid),
    relayFiles: () => readdirSync(`/proc/${relay.process.pid}/fd`).length,
    async stop() {
      await stopAll(children);
      await upstream.stop();
      await portal.stop();
      await db.destroy();
      await postgres.stop();
    },
  };
}

/** As far as we may; a run with fewer says so when it meets the bound. */
function allowFiles(pid: number): void {
  try {
    execFileSync("prlimit", ["--pid", String(pid), `--nofile=${FILES}:${FILES}`], { stdio: "ignore" });
  } catch {
    console.log(`process ${pid} keeps its bound of open files: raising it takes root and prlimit`);
  }
}
