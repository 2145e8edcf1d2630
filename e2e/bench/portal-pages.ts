import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createDb } from "../../db/client.ts";
import { startEmbeddedPostgres } from "../../db/embedded/index.ts";
import { migrateToLatest } from "../../db/migrate.ts";
import { signUp } from "../fixtures/account.ts";
import { buildPortal } from "../fixtures/build-portal.ts";
import { freePort } from "../fixtures/free-port.ts";
import { Mailbox } from "../fixtures/mailbox.ts";
import { stopAll } from "../fixtures/managed-process.ts";
import { startPortal } from "../fixtures/portal-process.ts";
import { percentile } from "./stats.ts";

const ROUNDS = 200;
const WARM_UP = 40;

export interface PageTime {
  path: string;
  p50Ms: number;
  p95Ms: number;
}

/**
 * Time from sending a page's request on a kept connection to the last byte of its answer, one at a time, signed in
 * where the page wants it. The portal runs as in production, Postgres beside it.
 */
export async function measurePortalPages(dir: string): Promise<PageTime[]> {
  const postgres = await startEmbeddedPostgres({ dataDir: join(dir, "portal-postgres") });
  try {
    const db = createDb(postgres.url, { max: 1 });
    await migrateToLatest(db);
    await db.destroy();
    const dataDir = join(dir, "portal");
    const portal = await startPortal({
      buildDir: await buildPortal(),
      databaseUrl: postgres.url,
      dataDir,
      port: await freePort(),
      relayPort: await freePort(),
      authSecret: secret(),
      internalSecret: secret(),
      signingSecret: secret(),
      env: { LOG_LEVEL: "warn" },
    });
    try {
      const account = await signUp(portal.url, new Mailbox(dataDir));
      const made = await account.call("POST", "/api/endpoints/register", { slug: "bench-pages" });
      if (!made.ok) throw new Error(`register: ${made.status} ${await made.text()}`);
      const stranger = (path: string) => fetch(`${portal.url}${path}`);
      const owner = (path: string) => account.call("GET", path);
      return [
        await time("/", stranger),
        await time("/sign-in", stranger),
        await time("/endpoints", owner),
        await time("/endpoints/bench-pages", owner),
        await time("/license", owner),
      ];
    } finally {
      await stopAll([portal.process]);
    }
  } finally {
    await postgres.stop();
  }
}

async function time(path: string, ask: (path: string) => Promise<Response>): Promise<PageTime> {
  const times: number[] = [];
  for (let n = 0; n < WARM_UP + ROUNDS; n++) {
    const started = performance.now();
    const answer = await ask(path);
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
    if (n >= WARM_UP) times.push(performance.now() - started);
  }
  return { path, p50Ms: percentile(times, 0.5), p95Ms: percentile(times, 0.95) };
}

const secret = () => randomBytes(24).toString("hex");
