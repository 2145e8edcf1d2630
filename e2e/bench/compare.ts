import { cpuMicrosWithChildren } from "../fixtures/process-memory.ts";
import type { Load, LoadResult, LoadTarget } from "./load.ts";
import { median } from "./stats.ts";

/** One side of a comparison and the processes whose CPU is counted for it. */
export interface Side {
  name: string;
  target: LoadTarget;
  processes: { name: string; pid: number }[];
}

export interface Run extends LoadResult {
  /** CPU microseconds per request, by process. */
  cpuPerRequest: Record<string, number>;
}

export interface Comparison {
  connections: number;
  runs: Record<string, Run[]>;
  /** Median over the pairs of second side's requests per second by the first's. */
  throughputRatio: number;
  /** Median over the pairs of the second side's median latency less the first's. */
  addedMedianMs: number;
}

/**
 * Runs both sides in turns, so that a machine that gets slower or faster on the way does so for both, and compares
 * inside each pair only.
 */
export async function compare(
  load: Load,
  sides: [Side, Side],
  options: { connections: number; pairs: number; seconds: number; onRun?: (side: Side, run: Run) => void },
): Promise<Comparison> {
  const [first, second] = sides;
  const runs: Record<string, Run[]> = { [first.name]: [], [second.name]: [] };
  for (const side of sides) await load(side.target, options.connections, 1);
  for (let pair = 0; pair < options.pairs; pair++) {
    // Who goes first alternates too.
    for (const side of pair % 2 ? [second, first] : [first, second]) {
      const run = await measure(load, side, options.connections, options.seconds);
      runs[side.name]!.push(run);
      options.onRun?.(side, run);
    }
  }
  const paired = <T>(of: (a: Run, b: Run) => T) =>
    runs[first.name]!.map((run, n) => of(run, runs[second.name]![n]!));
  return {
    connections: options.connections,
    runs,
    throughputRatio: median(paired((a, b) => b.requestsPerSecond / a.requestsPerSecond)),
    addedMedianMs: median(paired((a, b) => b.p50Ms - a.p50Ms)),
  };
}

async function measure(load: Load, side: Side, connections: number, seconds: number): Promise<Run> {
  const before = side.processes.map(({ pid }) => cpuMicrosWithChildren(pid));
  const result = await load(side.target, connections, seconds);
  const cpuPerRequest: Record<string, number> = {};
  for (const [n, { name, pid }] of side.processes.entries()) {
    cpuPerRequest[name] = (cpuMicrosWithChildren(pid) - before[n]!) / result.requests;
  }
  return { ...result, cpuPerRequest };
}
