import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Absent } from "./absent.ts";
import type { Bench, Part } from "./part.ts";
import { Resources } from "./resources.ts";
import type { Outcome, Row } from "./rows.ts";

export interface PartReport {
  readonly name: string;
  readonly seconds: number;
  /** Mean number of processes that wanted a CPU when it began: not ours, so noise. */
  readonly loadBefore: number;
  readonly rows: readonly Row[];
  readonly figures: unknown;
  readonly error: string | null;
}

export interface RunOptions {
  readonly dir: string;
  /** Shared by all parts. */
  readonly shared: Pick<Bench, "settings" | "load" | "database" | "log">;
  /** Stops the running part and begins no other. */
  readonly stop: AbortSignal;
  loadAverage(): number;
  now(): number;
}

/** Runs the parts one by one. A part that fails, hangs or lacks something costs its own rows and nothing else. */
export async function runParts(parts: readonly Part[], options: RunOptions): Promise<PartReport[]> {
  const reports: PartReport[] = [];
  for (const part of parts) reports.push(await runPart(part, options));
  return reports;
}

async function runPart(part: Part, options: RunOptions): Promise<PartReport> {
  const { shared, stop } = options;
  const outcomes = new Map<string, Outcome>();
  const loadBefore = options.loadAverage();
  const started = options.now();
  let figures: unknown = null;
  let error: string | null = null;
  let rest: Outcome = { state: "failed", reason: "nothing was measured" };
  const resources = new Resources();
  try {
    stop.throwIfAborted();
    shared.log(`${part.name} (load ${loadBefore.toFixed(2)})`);
    const dir = join(options.dir, part.name);
    await mkdir(dir, { recursive: true });
    const running = part.run({ ...shared, dir, resources }, (key, measured) => {
      if (!part.rows.some((row) => row.key === key)) throw new Error(`${part.name} has no row ${key}`);
      outcomes.set(
        key,
        "absent" in measured
          ? { state: "absent", reason: measured.absent }
          : {
              state: "measured",
              value: measured.value,
              spread: measured.spread ?? null,
              note: measured.note ?? null,
            },
      );
    });
    figures = await unlessAborted(running, stop);
  } catch (cause) {
    error = cause instanceof Error ? cause.message : String(cause);
    rest = { state: cause instanceof Absent ? "absent" : "failed", reason: error };
    shared.log(`  ${cause instanceof Absent ? "not present" : "FAILED"}: ${error}`);
  }
  for (const fault of await resources.close()) shared.log(`  while stopping: ${String(fault)}`);
  return {
    name: part.name,
    seconds: Math.round((options.now() - started) / 1_000),
    loadBefore,
    rows: part.rows.map((row) => ({ ...row, outcome: outcomes.get(row.key) ?? rest })),
    figures,
    error,
  };
}

async function unlessAborted<T>(running: Promise<T>, stop: AbortSignal): Promise<T> {
  // Once given up, its processes are stopped under it: what it says of that is of no interest.
  running.catch(() => undefined);
  stop.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(stop.reason);
    stop.addEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([running, aborted]);
  } finally {
    if (onAbort) stop.removeEventListener("abort", onAbort);
  }
}
