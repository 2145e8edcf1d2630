import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "../../../db/embedded/index.ts";
import { ensureBuild } from "../build/build.ts";
import { say, step, warn } from "../local/console.ts";
import { startWatchdog } from "../processes/watchdog.ts";
import { ensurePrograms } from "./programs.ts";
import { runCheck, staticChecks } from "./static.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * `npm test`: everything that can be checked. With arguments only vitest, with them: `npm test -- server/endpoints`.
 *
 * @returns the exit code
 */
export async function runTests(root: string, args: string[]): Promise<number> {
  if (args.length > 0) return withPostgres(root, (databaseUrl) => runVitest(root, args, databaseUrl));
  for (const advice of await timed("programs", () => ensurePrograms(root))) warn(advice);
  await timed("build", () => ensureBuild(root));
  const failed: string[] = [];
  // End-to-end tests mostly wait: what they leave of the processors is enough for these.
  const checking = checkSources(root);
  const code = await withPostgres(root, (databaseUrl) => runVitest(root, args, databaseUrl));
  for (const { name, problem } of await checking) {
    failed.push(name);
    warn(problem);
  }
  if (code !== 0) failed.push("tests");
  // Last, and only when there is bad news: the end of the output stays vitest's summary.
  if (failed.length > 0) warn(`Not passed: ${failed.join(", ")}`);
  return failed.length === 0 ? 0 : 1;
}

/** One after the other: the type check alone takes more than a GB. @returns what they found */
async function checkSources(root: string): Promise<{ name: string; problem: string }[]> {
  const ending = new AbortController();
  for (const signal of SIGNALS) process.once(signal, () => ending.abort());
  const findings: { name: string; problem: string }[] = [];
  for (const check of staticChecks) {
    const startedAt = Date.now();
    const problem = await runCheck(root, check, ending.signal);
    if (ending.signal.aborted) break;
    if (problem !== null) findings.push({ name: check.name, problem });
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1).padStart(6);
    say(`${check.name.padEnd(16)} ${seconds} s beside the tests${problem === null ? "" : ": not passed"}`);
  }
  return findings;
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
    for (const signal of SIGNALS) process.on(signal, () => vitest.kill(signal));
    vitest.once("error", reject);
    vitest.once("exit", (code) => resolve(code ?? 1));
  });
}
