import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { AbuseOptions } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import { soak } from "./soak.ts";
import { startAbuseWorld } from "./world.ts";

/** `npm run chaos -- abuse`: the large versions of e2e/abuse, which prints what it saw. */
export async function runAbuse(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      full: { type: "boolean", default: false },
      only: { type: "string" },
      "soak-minutes": { type: "string" },
      rounds: { type: "string", default: "3" },
      kinds: { type: "string" },
    },
  });
  const minutes = Number(values["soak-minutes"] ?? (values.full ? 30 : 0.5));
  const chosen = scenarios.filter(({ name }) => values.only === undefined || name.includes(values.only));
  const dir = await mkdtemp(join(tmpdir(), "hotspot-abuse-"));
  const say = (line: string) => console.log(line);
  const options: AbuseOptions = {
    full: values.full,
    rounds: Math.max(1, Number(values.rounds)),
    kinds: values.kinds?.split(",") ?? null,
    dir,
  };
  try {
    const world = await startAbuseWorld(dir);
    try {
      say(`the relay at rest: ${(world.relayBytes() / 1024 / 1024).toFixed(0)} MiB`);
      const findings = chosen.map(({ name, run }) => ({ name, run: () => run(world, options) }));
      if (values.only === undefined || values.only === "soak") {
        findings.push({ name: "soak", run: () => soak(world, minutes, (line) => say(`      ${line}`)) });
      }
      for (const { name, run } of findings) {
        const { seen, wrong } = await run();
        say(`${wrong === null ? "ok   " : "WRONG"} ${name}: ${seen}${wrong === null ? "" : ` (${wrong})`}`);
        if (wrong !== null) process.exitCode = 1;
      }
    } finally {
      await world.stop();
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
