import { join } from "node:path";
import { root, toolEnv } from "../fixtures/clone.ts";
import { ManagedProcess } from "../fixtures/managed-process.ts";
import type { Bench } from "./part.ts";
import type { BulkPlan, BulkResult } from "./programs/bulk-main.ts";
import type { EventsPlan, EventsResult } from "./programs/events-main.ts";

/** A program of the benchmark, in a process of its own so that it shares nobody's event loop. */
export interface Program<R> {
  readonly process: ManagedProcess;
  /** Its first line on stdout. */
  readonly said: R;
}

/** Starts a program below `e2e/bench` and waits for its first line; it is stopped with the part. */
export async function startProgram<R>(
  bench: Bench,
  file: string,
  options: unknown,
  timeoutMs = 60_000,
): Promise<Program<R>> {
  const child = new ManagedProcess(file, "bun", [join("e2e/bench", file), JSON.stringify(options)], {
    cwd: root,
    env: toolEnv(),
  });
  await bench.resources.keep(() => child.stop());
  const said = await child.line("its result", (line) => line.startsWith("{") && line, timeoutMs);
  return { process: child, said: JSON.parse(said) as R };
}

/** The upstream that streams; see programs/upstream-main.ts for what it serves. */
export async function startStreamingUpstream(bench: Bench): Promise<{ port: number; pid: number }> {
  const { process, said } = await startProgram<{ port: number }>(bench, "programs/upstream-main.ts", null);
  return { port: said.port, pid: process.pid };
}

/** Opens the streams, looks at them for as long as the plan says, and closes them. */
export async function readEvents(bench: Bench, plan: EventsPlan): Promise<EventsResult> {
  const { said } = await startProgram<EventsResult>(bench, "programs/events-main.ts", plan, 120_000);
  return said;
}

/** Moves one body. */
export async function moveBulk(
  bench: Bench,
  plan: Omit<BulkPlan, "mode" | "connections">,
): Promise<BulkResult> {
  const once: BulkPlan = { ...plan, mode: "once", connections: 1 };
  const { said } = await startProgram<BulkResult>(bench, "programs/bulk-main.ts", once, 300_000);
  return said;
}

/** Goes on until the process is stopped; its first bytes have come when this returns. */
export async function startBackground(
  bench: Bench,
  plan: Pick<BulkPlan, "port" | "path" | "headers" | "connections"> & { mode: "again" | "stall" },
): Promise<ManagedProcess> {
  const all: BulkPlan = { ...plan, method: "GET", bytes: 0, maxSeconds: 0 };
  const { process } = await startProgram<unknown>(bench, "programs/bulk-main.ts", all);
  return process;
}
