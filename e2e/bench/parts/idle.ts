import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { createEndpoint, createTenant } from "../../../db/testing/factories.ts";
import { issueConnectorToken } from "../../fixtures/connector-token.ts";
import type { ManagedProcess } from "../../fixtures/managed-process.ts";
import { processMemory } from "../../fixtures/process-memory.ts";
import { startRelay } from "../../fixtures/relay-process.ts";
import { openFileLimit } from "../machine.ts";
import type { Bench, Part } from "../part.ts";
import { startProgram } from "../program.ts";
import { median } from "../stats.ts";

const WANTED = 10_000;
/** Online at once per endpoint on the plan of the tenant. */
const CONNECTORS_PER_ENDPOINT = 16;
/** Those that come and go before: afterwards the relay has compiled what it needs, and has the heap that a rush leaves. */
const FIRST = 1_000;
/** Files that a relay has open besides its links. */
const SPARE_FILES = 500;
const TOKENS_AT_ONCE = 20;

/** What a connector costs that is only there: real links, real tokens, PINGs answered. */
export const idle: Part = {
  name: "idle",
  rows: [
    {
      key: "memory",
      what: "resident memory of the relay per idle connector at 10,000",
      unit: "KB",
      better: "lower",
      bar: 6,
      aim: 3,
    },
  ],
  async run(bench, report) {
    const database = await bench.database();
    const signingSecret = randomBytes(24).toString("hex");
    const relay = await startRelay({
      databaseUrl: database.url,
      internalSecret: randomBytes(24).toString("hex"),
      signingSecret,
      dataDir: join(bench.dir, "data"),
      env: { LOG_LEVEL: "warn", RELAY_MAX_CONNECTIONS_PER_ADDRESS: "1000000" },
    });
    await bench.resources.keep(() => relay.process.stop());
    const files = await raiseOpenFiles(relay.process.pid);
    const wanted = bench.settings.short ? FIRST * 2 : WANTED;
    const count = Math.min(wanted, files - SPARE_FILES);
    bench.log(`  ${files} open files allowed: ${count} connectors`);
    const tokens = await issueTokens(bench, signingSecret, count);

    const settleSeconds = bench.settings.short ? 5 : 20;
    const resident = () => settled(relay.process.pid, settleSeconds);
    const fresh = await resident();
    const first = await openLinks(bench, relay.port, "first", tokens.slice(0, FIRST));
    const withFirst = await resident();
    await first.stop();
    const before = await resident();
    await openLinks(bench, relay.port, "all", tokens);
    const withAll = await resident();

    const each = (from: number) => (withAll - from) / count / 1_000;
    bench.log(`  ${count} connectors: ${megabytes(before)} MB before, ${megabytes(withAll)} MB with all`);
    report("memory", {
      value: each(before),
      note: `${count === WANTED ? "" : `only ${count} connectors; `}${megabytes(before)} MB after a first thousand that left, ${megabytes(withAll)} MB with all; against a relay just started (${megabytes(fresh)} MB) ${each(fresh).toFixed(1)} KB`,
    });
    return { count, files, fresh, withFirst, before, withAll };
  },
};

/** Raises the limit of open files of a process as far as it goes. @returns what it is then */
async function raiseOpenFiles(pid: number): Promise<number> {
  const { hard } = openFileLimit();
  const needed = WANTED + 2 * SPARE_FILES;
  const limit = Math.max(hard, needed);
  try {
    await promisify(execFile)("prlimit", ["--pid", String(pid), `--nofile=${limit}:${limit}`]);
    return limit;
  } catch {
    // Not allowed, or no such program: the runtime has raised the soft limit to the hard one by itself.
    return hard;
  }
}

async function issueTokens(bench: Bench, signingSecret: string, count: number): Promise<string[]> {
  const { db } = await bench.database();
  const tenant = await createTenant(db, { plan: "team" });
  const tokens: string[] = [];
  while (tokens.length < count) {
    const endpoint = await createEndpoint(db, tenant);
    const some = Math.min(CONNECTORS_PER_ENDPOINT, TOKENS_AT_ONCE, count - tokens.length);
    const issued = await Promise.all(
      Array.from({ length: some }, () => issueConnectorToken(db, signingSecret, tenant, endpoint)),
    );
    tokens.push(...issued.map(({ connectorToken }) => connectorToken));
  }
  return tokens;
}

async function openLinks(
  bench: Bench,
  port: number,
  name: string,
  tokens: readonly string[],
): Promise<ManagedProcess> {
  const tokensFile = join(bench.dir, `${name}-tokens`);
  await writeFile(tokensFile, `${tokens.join("\n")}\n`);
  const { process, said } = await startProgram<{ up: number; fault: string | null }>(
    bench,
    "programs/idle-links-main.ts",
    { port, tokensFile },
    300_000,
  );
  if (said.up !== tokens.length)
    throw new Error(`${said.up} of ${tokens.length} links came up: ${said.fault}`);
  return process;
}

/** Resident bytes once garbage has had time to go: the median of the second half. */
async function settled(pid: number, seconds: number): Promise<number> {
  const seen: number[] = [];
  for (let second = 0; second < seconds; second++) {
    await delay(1_000);
    seen.push(processMemory(pid).residentBytes);
  }
  return median(seen.slice(seen.length >> 1));
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
