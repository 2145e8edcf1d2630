import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildPortal } from "../fixtures/build-portal.ts";
import { resolveLocalhostNames } from "../fixtures/localhost-names.ts";
import { runAbuse } from "./abuse/main.ts";
import { runBackup } from "./backup.ts";
import { runHubs } from "./hubs.ts";
import { runOutage } from "./outage.ts";
import { runChaos } from "./run.ts";
import { LADDER, runSilence } from "./silence.ts";

const [command = "", ...rest] = process.argv.slice(2);
const own: Record<string, (args: string[]) => Promise<void>> = {
  abuse: runAbuse,
  backup: runBackup,
  outage,
  hubs: runHubs,
};
const isOwn = command in own;
const { values } = parseArgs({
  args: isOwn ? [] : process.argv.slice(2),
  options: {
    rounds: { type: "string", default: "200" },
    seed: { type: "string" },
    clients: { type: "string" },
    silence: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed)) {
  console.error("usage: npm run chaos -- [--rounds 200] [--seed <whole number>] [--clients 12] | --silence");
  console.error("       npm run chaos -- abuse [--full] [--only <part of a name>] [--soak-minutes 30]");
  console.error("         others while abused: [--rounds 3] [--kinds chunks,bombs,targets,dials,frames,all]");
  console.error("       npm run chaos -- backup [--megabytes 1000]");
  console.error("       npm run chaos -- outage [--seconds 60]");
  console.error("       npm run chaos -- hubs [--orders 50] [--seed 1]");
  process.exit(2);
}
if (isOwn) await own[command]?.(rest);
else if (values.silence) await silence();
else await chaos();

/** Postgres is away for a minute under load. */
async function outage(args: string[]): Promise<void> {
  const options = { seconds: { type: "string", default: "60" } } as const;
  const { seconds } = parseArgs({ args, options }).values;
  resolveLocalhostNames();
  const folder = await mkdtemp(join(tmpdir(), "hotspot-outage-"));
  try {
    const seen = await runOutage(folder, await buildPortal(), Number(seconds));
    for (const what of new Set(seen.during.map((one) => one.what))) {
      const asked = seen.during.filter((one) => one.what === what);
      const slowest = Math.max(...asked.map(({ tookMs }) => tookMs));
      console.log(
        `${what}: ${asked.length} times ${[...new Set(asked.map(({ status }) => status))]}, at most ${slowest} ms`,
      );
    }
    const { statuses, cutStreams, answered, logged, rows, summed } = seen;
    console.log(
      `${answered} requests ${JSON.stringify([...statuses])}, ${cutStreams} streams cut; ${logged} of them in the log, ` +
        `${rows} rows, ${summed} in the sums`,
    );
    const isExact = logged === answered && rows === summed && statuses.get(200) === answered;
    if (!isExact || cutStreams > 0) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Streams that say nothing for up to 305 s: a little over five minutes. */
async function silence(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "hotspot-silence-"));
  try {
    const streams = await runSilence(folder, LADDER);
    for (const { where, seconds, outcome, tookMs } of streams) {
      console.log(
        `${String(seconds).padStart(3)} s of silence in the ${where}: ${outcome} after ${tookMs} ms`,
      );
    }
    if (streams.some(({ outcome }) => outcome !== "complete")) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function chaos(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "hotspot-chaos-"));
  console.log(`${rounds} rounds, seed ${seed}`);
  let isKept = false;
  try {
    const report = await runChaos({
      dir,
      rounds,
      seed,
      ...(values.clients === undefined ? {} : { clients: Number(values.clients) }),
      onRound: (round, victim, completed) =>
        console.log(`round ${String(round).padStart(3)}: ${victim.padEnd(9)} ${completed} requests answered`),
    });
    const { faults, ...figures } = report;
    console.log(JSON.stringify(figures));
    for (const fault of faults) console.error(`WRONG  ${fault}`);
    if (faults.length > 0) {
      isKept = true;
      process.exitCode = 1;
      console.error(
        `${faults.length} faults; journals and database are left in ${dir}, the seed was ${seed}`,
      );
    } else {
      console.log("every request that was answered was counted once");
    }
  } finally {
    if (!isKept) await rm(dir, { recursive: true, force: true });
  }
}
