import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDb, type Db } from "../../../db/client.ts";
import { startEmbeddedPostgres } from "../../../db/embedded/index.ts";
import { migrateToLatest } from "../../../db/migrate.ts";
import { createPostgresLedger } from "./postgres-ledger.ts";
import { runTrial, type TrialMode, type TrialResult } from "./trial.ts";

/**
 * `npm run ledger:trials [-- <how many>] [--from <seed>] [--mode hostile|prompt|calm] [--postgres]`: lives of subscriptions
 * against a hostile Stripe, in memory or in a Postgres of their own. Prints the seed and the differences of each that
 * fails; exit code 1 when one did.
 */
async function main(args: string[]): Promise<number> {
  const named = (name: string) => {
    const at = args.indexOf(name);
    return at < 0 ? undefined : args.splice(at, 2)[1];
  };
  const from = Number(named("--from") ?? 1);
  const mode = (named("--mode") ?? "hostile") as TrialMode;
  const isOnPostgres = args.includes("--postgres");
  const count = Number(args.find((arg) => arg !== "--postgres") ?? (isOnPostgres ? 200 : 10_000));
  if (!isOnPostgres) return report(from, count, mode, (seed) => runTrial(seed, mode));
  return withPostgres((db) =>
    report(from, count, mode, async (seed) => {
      let remove = async () => {};
      const result = await runTrial(seed, mode, async (clock) => {
        const ledger = await createPostgresLedger(db, clock);
        remove = () => ledger.remove();
        return ledger;
      });
      await remove();
      return result;
    }),
  );
}

async function report(
  from: number,
  count: number,
  mode: TrialMode,
  run: (seed: number) => Promise<TrialResult>,
): Promise<number> {
  const sum = { invoices: 0, crashes: 0, carried: 0 };
  let failed = 0;
  const startedAt = performance.now();
  for (let seed = from; seed < from + count; seed++) {
    const result = await run(seed);
    for (const key of ["invoices", "crashes", "carried"] as const) sum[key] += result[key];
    if (result.problems.length === 0) continue;
    failed++;
    console.error(`seed ${seed} (${mode}):\n  ${result.problems.join("\n  ")}`);
  }
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  console.log(
    `invoice equals ledger in ${count - failed} of ${count} ${mode} trials: ${sum.invoices} invoices, ${sum.crashes} crashes, ` +
      `${sum.carried} quantities carried over, ${seconds} s`,
  );
  return failed === 0 ? 0 : 1;
}

async function withPostgres(work: (db: Db) => Promise<number>): Promise<number> {
  const dataDir = await mkdtemp(join(tmpdir(), "hotspot-trials-"));
  const embedded = await startEmbeddedPostgres({ dataDir, volatile: true });
  // Connections are cut on purpose.
  const db = createDb(embedded.url, { max: 5, onConnectionError: () => undefined });
  try {
    await migrateToLatest(db);
    return await work(db);
  } finally {
    await db.destroy();
    await embedded.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
