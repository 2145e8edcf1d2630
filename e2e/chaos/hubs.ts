import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createDb } from "../../db/client.ts";
import { startEmbeddedPostgres } from "../../db/embedded/index.ts";
import { migrateToLatest } from "../../db/migrate.ts";
import { buildPortal } from "../fixtures/build-portal.ts";
import { runCrashOrder } from "../hubs/crash-order.ts";
import { startCrashWorld } from "../hubs/crash-world.ts";

/** `npm run chaos -- hubs`: the portal killed at seeded points of enroll, rotate and disable; ends at the first order that does not converge. */
export async function runHubs(args: string[]): Promise<void> {
  const options = {
    orders: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
  } as const;
  const { orders, seed } = parseArgs({ args, options }).values;
  const dataDir = await mkdtemp(join(tmpdir(), "hotspot-hub-crashes-"));
  const buildDir = await buildPortal();
  const postgres = await startEmbeddedPostgres({ dataDir: join(dataDir, "postgres"), volatile: true });
  const db = createDb(postgres.url, { max: 4, onConnectionError: () => undefined });
  await migrateToLatest(db);
  const world = await startCrashWorld({ db, databaseUrl: postgres.url, buildDir, dataDir });
  try {
    for (let at = 0; at < Number(orders); at++) {
      const from = Date.now();
      const kills = await runCrashOrder(world, Number(seed) + at);
      console.log(
        `order ${Number(seed) + at}: ${kills.join("; ")} (${Math.round((Date.now() - from) / 100) / 10} s)`,
      );
    }
    console.log(`${orders} orders, from seed ${seed}: each thing once, and nothing left at Cloudflare`);
  } finally {
    await world.stop();
    await db.destroy();
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
