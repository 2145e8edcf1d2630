import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { createDb, type Db } from "../../db/client.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../db/embedded/index.ts";
import { migrateToLatest } from "../../db/migrate.ts";
import { createEndpoint, createTenant } from "../../db/testing/factories.ts";
import { spawnConnector } from "../fixtures/connector-process.ts";
import { freePort } from "../fixtures/free-port.ts";
import { type ManagedProcess, stopAll } from "../fixtures/managed-process.ts";
import { type Relay, startRelay } from "../fixtures/relay-process.ts";
import { until } from "../fixtures/until.ts";
import { startIssuingPortal } from "../standins/issuing-portal.ts";
import { startChaosUpstream } from "./upstream.ts";

/** What is killed. `writer`: the relay's sessions on Postgres, in the middle of a batch as likely as not. */
export const VICTIMS = ["relay", "connector", "writer", "postgres"] as const;
export type Victim = (typeof VICTIMS)[number];

/** Real Postgres, relay and connector, each of which can be killed and comes back. */
export interface ChaosWorld {
  readonly db: Db;
  readonly target: { readonly port: number; readonly host: string };
  readonly journalDir: string;
  /** SIGKILL, or an end as sudden, and after `goneMs` a successor. Resolves when that has started. */
  kill(victim: Victim, goneMs: number): Promise<void>;
  /** @throws when relay or connector ended without being killed; the message has their last words */
  check(): void;
  /** Records that the running relay has not handed over. */
  waitingRecords(): Promise<number>;
  stop(): Promise<void>;
}

export async function startChaosWorld(dir: string): Promise<ChaosWorld> {
  const dataDir = join(dir, "postgres");
  const postgresPort = await freePort();
  const startPostgres = () => startEmbeddedPostgres({ dataDir, port: postgresPort });
  let postgres: EmbeddedPostgres = await startPostgres();
  const db = createDb(postgres.url, { max: 4, onConnectionError: () => undefined });
  await migrateToLatest(db);
  const tenant = await createTenant(db, { plan: "team" });
  const endpoint = await createEndpoint(db, tenant);
  const upstream = await startChaosUpstream();
  const signingSecret = randomBytes(24).toString("hex");
  const internalSecret = randomBytes(24).toString("hex");
  const launchRelay = (port: number) =>
    startRelay({
      databaseUrl: postgres.url,
      internalSecret,
      signingSecret,
      dataDir: dir,
      port,
      env: { LOG_LEVEL: "warn" },
    });
  let relay: Relay = await launchRelay(0);
  const { port } = relay;
  const portal = await startIssuingPortal({ db, signingSecret, relayPort: port });
  const launchConnector = () =>
    spawnConnector({
      licenseKey: tenant.licenseKey,
      slug: endpoint.slug,
      to: upstream.url,
      portalUrl: portal.url,
      configDir: join(dir, "connector"),
    });
  let connector: ManagedProcess = launchConnector();
  await connector.line("its live line", (line) => line.startsWith("live "));

  const killers: Record<Victim, (goneMs: number) => Promise<void>> = {
    async relay(goneMs) {
      relay.process.kill("SIGKILL");
      await relay.process.exited;
      await pause(goneMs);
      relay = await launchRelay(port);
    },
    async connector(goneMs) {
      connector.kill("SIGKILL");
      await connector.exited;
      await pause(goneMs);
      connector = launchConnector();
    },
    async writer() {
      await sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'hotspot-relay'`.execute(db);
    },
    async postgres(goneMs) {
      await killPostgres(postgres.pid);
      await pause(goneMs);
      postgres = await startPostgres();
    },
  };

  return {
    db,
    target: { port, host: `${endpoint.slug}.localhost:${port}` },
    journalDir: join(dir, "journal"),
    kill: (victim, goneMs) => killers[victim](goneMs),
    check() {
      for (const each of [relay.process, connector]) {
        if (each.running) continue;
        throw new Error(`the ${each.name} ended by itself:\n${each.stderr.slice(-30).join("\n")}`);
      }
    },
    async waitingRecords() {
      const answer = await fetch(`http://127.0.0.1:${relay.adminPort}/metrics`);
      const match = /^hotspot_usage_waiting_records (\d+)$/m.exec(await answer.text());
      if (!match) throw new Error("the relay does not say how many records wait");
      return Number(match[1]);
    },
    async stop() {
      await stopAll([connector, relay.process]);
      await portal.stop();
      await upstream.stop();
      await db.destroy();
      await postgres.stop();
    },
  };
}

/** All of its processes: a backend that lived on would write to files that the next server takes for its own. */
async function killPostgres(pid: number): Promise<void> {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean);
  for (const each of [pid, ...children.map(Number)]) signal(each, "SIGKILL");
  await until(() => {
    for (const each of [pid, ...children.map(Number)]) {
      if (isRunning(each)) throw new Error(`process ${each} of Postgres is still there`);
    }
  });
}

function isRunning(pid: number): boolean {
  try {
    // A zombie has written its last.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // Gone by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
