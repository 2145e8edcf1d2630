import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { sql } from "kysely";
import { createDb, type Db } from "../../db/client.ts";
import { startEmbeddedPostgres } from "../../db/embedded/index.ts";
import { migrateToLatest } from "../../db/migrate.ts";
import { Load, serveLoad } from "../events/load.ts";
import { type Account, signUp } from "../fixtures/account.ts";
import { startConnector } from "../fixtures/connector-process.ts";
import { freePort } from "../fixtures/free-port.ts";
import { Mailbox } from "../fixtures/mailbox.ts";
import { type ManagedProcess, stopAll } from "../fixtures/managed-process.ts";
import { metricOf } from "../fixtures/metrics.ts";
import { startPortal } from "../fixtures/portal-process.ts";
import { startRelay } from "../fixtures/relay-process.ts";
import { until } from "../fixtures/until.ts";
import { startUpstream } from "../standins/upstream.ts";

/** What somebody saw who asked the portal for something while Postgres was away. */
export interface Asked {
  readonly what: string;
  /** 0: no answer. */
  readonly status: number;
  readonly tookMs: number;
  readonly body: string;
}

export interface Outage {
  /** The portal during it, and once more afterwards. */
  readonly during: readonly Asked[];
  readonly after: readonly Asked[];
  /** The portal's /readyz during it. */
  readonly ready: number;
  /** Requests of the load, by status; 0: cut or refused. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly cutStreams: number;
  /** What was answered, what the log has of it, and what the sums by hour say all rows are. */
  readonly answered: number;
  readonly logged: number;
  readonly rows: number;
  readonly summed: number;
}

/**
 * Postgres is stopped for so long under 20 requests a second and 10 streams, with a real portal that somebody is signed in
 * to, and started again.
 *
 * @param buildDir what `buildPortal` gave
 */
export async function runOutage(dir: string, buildDir: string, awaySeconds: number): Promise<Outage> {
  const children: ManagedProcess[] = [];
  const dataDir = join(dir, "postgres");
  const postgresPort = await freePort();
  const startPostgres = () => startEmbeddedPostgres({ dataDir, volatile: true, port: postgresPort });
  let postgres = await startPostgres();
  const db = createDb(postgres.url, { max: 4, onConnectionError: () => undefined });
  const upstream = await startUpstream();
  serveLoad(upstream);
  try {
    await migrateToLatest(db);
    const secrets = { internalSecret: secret(), signingSecret: secret() };
    const portalPort = await freePort();
    const relay = await startRelay({
      databaseUrl: postgres.url,
      dataDir: dir,
      env: { PORTAL_URL: `http://localhost:${portalPort}` },
      ...secrets,
    });
    children.push(relay.process);
    const portal = await startPortal({
      ...{ buildDir, databaseUrl: postgres.url, dataDir: dir, port: portalPort, relayPort: relay.port },
      authSecret: secret(),
      ...secrets,
    });
    children.push(portal.process);
    const account = await signUp(portal.url, new Mailbox(dir));
    const slug = `away-${randomBytes(3).toString("hex")}`;
    await account.call("POST", "/api/endpoints/register", { slug });
    const { licenseKey } = (await (await account.call("POST", "/api/license/key")).json()) as {
      licenseKey: string;
    };
    const configDir = join(dir, "connector");
    children.push(
      await startConnector({ licenseKey, slug, to: upstream.url, portalUrl: portal.url, configDir }),
    );
    const load = new Load({ port: () => relay.port, host: `${slug}.localhost:${relay.port}` });
    await load.served();

    await postgres.stop();
    const back = Date.now() + awaySeconds * 1_000;
    const during: Asked[] = [];
    do {
      during.push(...(await askAll(portal.url, account)));
      await delay(1_000);
    } while (Date.now() < back);
    const { status: ready } = await fetch(`http://127.0.0.1:${portal.adminPort}/readyz`);
    postgres = await startPostgres();

    await load.served();
    const after = await until(async () => {
      const asked = await askAll(portal.url, account);
      for (const { what, status } of asked) if (status >= 500) throw new Error(`${what}: still ${status}`);
      return asked;
    }, 30_000);
    await load.stop();
    await until(async () => {
      const waiting = await metricOf(relay, "hotspot_usage_waiting_records");
      const active = await metricOf(relay, "hotspot_edge_active");
      if (waiting + active > 0) throw new Error(`${waiting} usage records wait, ${active} requests run`);
    }, 60_000);
    const statuses = new Map<number, number>();
    for (const { status } of load.ended) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    const { cutStreams } = load;
    return {
      during,
      after,
      ready,
      statuses,
      cutStreams,
      answered: load.ended.length,
      ...(await countsOf(db)),
    };
  } finally {
    await stopAll(children);
    await upstream.stop();
    await db.destroy();
    await postgres.stop();
  }
}

/** A person's pages, a page for everybody, a click inside the portal, a program's call, and a sign-in. */
function askAll(portalUrl: string, account: Account): Promise<Asked[]> {
  const cookie = account.cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  const html = { accept: "text/html", cookie };
  const json = { "content-type": "application/json", origin: portalUrl };
  const { email, password } = account;
  const asks: [what: string, path: string, init: RequestInit][] = [
    ["a page of an account", "/endpoints", { headers: html }],
    ["the first page", "/", { headers: { accept: "text/html" } }],
    ["a click", "/endpoints?_data=routes%2Fendpoints._index", { headers: { cookie } }],
    ["a call of the page", "/api/endpoints", { headers: { cookie } }],
    [
      "a call with a key",
      "/api/endpoints",
      { headers: { authorization: `Bearer hs_api_${"0".repeat(40)}` } },
    ],
    [
      "a sign-in",
      "/api/auth/sign-in/email",
      { method: "POST", headers: json, body: JSON.stringify({ email, password }) },
    ],
  ];
  return Promise.all(
    asks.map(async ([what, path, init]) => {
      const from = Date.now();
      const signal = AbortSignal.timeout(HANGS_MS);
      try {
        const answer = await fetch(`${portalUrl}${path}`, { redirect: "manual", signal, ...init });
        return { what, status: answer.status, body: await answer.text(), tookMs: Date.now() - from };
      } catch (error) {
        return { what, status: 0, body: String(error), tookMs: Date.now() - from };
      }
    }),
  );
}

async function countsOf(db: Db): Promise<{ logged: number; rows: number; summed: number }> {
  const { logged, rows } = await db
    .selectFrom("request_log")
    .select([
      sql<number>`count(*) filter (where path = '/load' and status = 200)::int`.as("logged"),
      sql<number>`count(*)::int`.as("rows"),
    ])
    .executeTakeFirstOrThrow();
  const { summed } = await db
    .selectFrom("usage_hourly")
    .select(sql<number>`coalesce(sum(requests), 0)::int`.as("summed"))
    .executeTakeFirstOrThrow();
  return { logged, rows, summed };
}

/** Nobody waits longer for a page. */
const HANGS_MS = 20_000;
const secret = () => randomBytes(24).toString("hex");
