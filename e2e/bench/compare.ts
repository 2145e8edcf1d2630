import { setTimeout as delay } from "node:timers/promises";
import { cpuMicrosWithChildren } from "../fixtures/process-memory.ts";
import type { Load, LoadResult, LoadTarget } from "./load.ts";
import { median, type Spread, spread } from "./stats.ts";

/** Between two runs: what one side still has to do in the background is not to fall into the other's time. */
const SETTLE_MS = 300;

/** One side of a comparison and the processes whose CPU is counted for it. */
export interface Side {
  readonly name: string;
  readonly target: LoadTarget;
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
}

export interface Run extends LoadResult {
  /** CPU microseconds per request, by process. */
  readonly cpuPerRequest: Record<string, number>;
}

/** All runs of one comparison, by side; run n of one side belongs with run n of every other. */
export interface Turns<R = Run> {
  readonly connections: number;
  readonly runs: Record<string, R[]>;
  /** Requests of each side, with those that only warmed it up. */
  readonly served: Record<string, number>;
}

export interface TurnOptions {
  readonly connections: number;
  readonly pairs: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  onRun?(side: string, run: Run): void;
}

/**
 * Runs all sides in turns, so that a machine that gets slower or faster on the way does so for each, and compares
 * inside each turn only. Who goes first alternates: A B, B A, A B.
 */
export async function takeTurns(load: Load, sides: readonly Side[], options: TurnOptions): Promise<Turns> {
  const { connections, seconds } = options;
  const served: Record<string, number> = {};
  for (const { name, target } of sides)
    served[name] = (await load(target, connections, options.warmUpSeconds)).requests;
  const runs = await alternate(
    options.pairs,
    sides.map((side) => ({
      name: side.name,
      run: async () => {
        const run = await measure(load, side, connections, seconds);
        served[side.name]! += run.requests;
        options.onRun?.(side.name, run);
        return run;
      },
    })),
  );
  return { connections, runs, served };
}

/** Takes one measurement of each side `pairs` times, in an order that is turned round each time. */
export async function alternate<R>(
  pairs: number,
  sides: readonly { readonly name: string; run(): Promise<R> }[],
  settleMs = SETTLE_MS,
): Promise<Record<string, R[]>> {
  const runs: Record<string, R[]> = Object.fromEntries(sides.map(({ name }) => [name, []]));
  for (let pair = 0; pair < pairs; pair++) {
    for (const side of pair % 2 ? [...sides].reverse() : sides) {
      runs[side.name]!.push(await side.run());
      await delay(settleMs);
    }
  }
  return runs;
}

/** Over the pairs: what `of` makes of a run of `first` and the run of `second` in the same turn. */
export function paired<R>(
  runs: Readonly<Record<string, readonly R[]>>,
  first: string,
  second: string,
  of: (first: R, second: R) => number,
): Spread {
  return spread(runs[first]!.map((run, turn) => of(run, runs[second]![turn]!)));
}

/** Median over a side's runs. */
export function middle<R>(runs: readonly R[], of: (run: R) => number): number {
  return median(runs.map(of));
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
