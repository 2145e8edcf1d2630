import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runAbuse } from "./abuse/main.ts";
import { runChaos } from "./run.ts";

const [command, ...rest] = process.argv.slice(2);
if (command === "abuse") await runAbuse(rest);
else await runKills();

/** Kills everything at random moments, and looks whether every request counts once. */
async function runKills(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "200" },
      seed: { type: "string" },
      clients: { type: "string" },
    },
  });
  const rounds = Number(values.rounds);
  const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
  if (!Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed)) {
    console.error("usage: npm run chaos -- [--rounds 200] [--seed <whole number>] [--clients 12]");
    console.error("       npm run chaos -- abuse [--full] [--only <part of a name>] [--soak-minutes 30]");
    process.exit(2);
  }
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
