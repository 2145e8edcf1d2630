import { join } from "node:path";
import type { Db } from "../../../db/client.ts";
import { run } from "../processes/run.ts";
import { type DemoTenant, findDemoTenant } from "./state.ts";

/**
 * Gives the demo tenant of a local run, making it when there is none that the database knows.
 *
 * It is made on Bun, because mail templates are TSX, which Node does not read; in a program of its own, so that a start
 * that finds the tenant does not load the whole server.
 */
export async function ensureDemoTenant(
  { root, dataDir, env }: { root: string; dataDir: string; env: NodeJS.ProcessEnv },
  db: Db,
  signal: AbortSignal,
): Promise<DemoTenant> {
  const kept = await findDemoTenant(dataDir, db);
  if (kept) return kept;
  await run(join(root, "node_modules", ".bin", "bun"), ["server/dev/demo/make.ts"], {
    cwd: root,
    env,
    signal,
  });
  const made = await findDemoTenant(dataDir, db);
  if (!made) throw new Error("the demo tenant was made, but the database does not know it");
  return made;
}
