// Started by watchdog.ts, on Bun for its small size. Lines on stdin: `add <pid> <stage>`, `remove <pid>`, `dismiss`.
import { rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { isRunning } from "./is-running.ts";
import type { Stage } from "./watchdog.ts";

/** SIGINT is the fast and clean shutdown of Postgres; SIGTERM would wait for its clients. */
const gentle = { programs: "SIGTERM", database: "SIGINT" } as const;
const PATIENCE_MS = { programs: 4000, database: 10_000 } as const;

const watched = new Map<number, Stage>();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const [verb, pid, stage] = line.split(" ");
  if (verb === "dismiss") process.exit(0);
  if (verb === "add") watched.set(Number(pid), stage as Stage);
  if (verb === "remove") watched.delete(Number(pid));
}
for (const stage of ["programs", "database"] as const) await end(stage);
await Promise.all(process.argv.slice(2).map((file) => rm(file, { force: true })));

async function end(stage: Stage) {
  const pids = [...watched].filter(([, of]) => of === stage).map(([pid]) => pid);
  for (const pid of pids) signal(pid, gentle[stage]);
  const deadline = Date.now() + PATIENCE_MS[stage];
  while (pids.some(isRunning) && Date.now() < deadline) await delay(25);
  for (const pid of pids) signal(pid, "SIGKILL");
}

function signal(pid: number, name: NodeJS.Signals) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
