import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "../../../db/embedded/index.ts";
import { ensureBuild } from "../build/build.ts";
import { say, step, warn } from "../local/console.ts";
import { startWatchdog } from "../processes/watchdog.ts";
import { ensureChromium } from "./chromium.ts";
import { runCheck, staticChecks } from "./static.ts";

/**
 * `npm test`: everything that can be checked. With arguments only vitest, with them: `npm test -- server/endpoints`.
 *
 * @returns the exit code
 */
export async function runTests(root: string, args: string[]): Promise<number> {
  const failed: string[] = [];
  if (args.length === 0) {
    for (const check of staticChecks) {
      const problem = await timed(check.name, () => runCheck(root, check));
      if (problem === null) continue;
      failed.push(check.name);
      warn(problem);
    }
    const advice = await timed("browser", () => ensureChromium(root));
    if (advice) warn(`The browser tests will fail. ${advice}`);
    await timed("build", () => ensureBuild(root));
  }
  const code = await withPostgres(root, (databaseUrl) => runVitest(root, args, databaseUrl));
  if (code !== 0) failed.push("tests");
  // Last, and only when there is bad news: the end of the output stays vitest's summary.
  if (failed.length > 0) warn(`Not passed: ${failed.join(", ")}`);
  return failed.length === 0 ? 0 : 1;
}

async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const startedAt = Date.now();
  const result = await step(name, work);
  say(`${name.padEnd(16)} ${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`);
  return result;
}

/** One server for all tests; each test file makes databases of its own in it. */
async function withPostgres(root: string, work: (databaseUrl: string) => Promise<number>): Promise<number> {
  const given = process.env.DATABASE_URL_TEST;
  if (given) return work(given);
  const dataDir = await mkdtemp(join(tmpdir(), "hotspot-test-"));
  const watchdog = await startWatchdog(join(root, "node_modules", ".bin", "bun"), []);
  const postgres = await startEmbeddedPostgres({ dataDir, volatile: true });
  watchdog.add(postgres.pid, "database");
  try {
    return await work(postgres.url);
  } finally {
    await postgres.stop();
    await watchdog.dismiss();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function runVitest(root: string, args: string[], databaseUrl: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const vitest = spawn(
      join(root, "node_modules", ".bin", "vitest"),
      ["run", "--config", ".config/vitest.ts", ...args],
      { cwd: root, stdio: "inherit", env: { ...process.env, DATABASE_URL_TEST: databaseUrl } },
    );
    // It ends by itself on Ctrl-C and cleans up; we go on afterwards to stop Postgres.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => vitest.kill(signal));
    }
    vitest.once("error", reject);
    vitest.once("exit", (code) => resolve(code ?? 1));
  });
}
