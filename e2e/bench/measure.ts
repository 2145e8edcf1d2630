import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stopAll } from "../fixtures/managed-process.ts";
import { type Database, startDatabase } from "./database.ts";
import { chooseLoad } from "./load.ts";
import { describeMachine, loadAverage } from "./machine.ts";
import type { Part } from "./part.ts";
import { type BenchReport, rowsOf } from "./report/report.ts";
import { verdictOf } from "./rows.ts";
import { runParts } from "./run-parts.ts";
import type { BenchSettings } from "./settings.ts";

/** Runs the parts. Whatever happens, nothing that was started is left running. */
export async function measure(
  parts: readonly Part[],
  settings: BenchSettings,
  interrupted: AbortSignal,
): Promise<BenchReport> {
  const { load, name: loadGenerator } = await chooseLoad();
  const machine = describeMachine();
  const at = new Date().toISOString();
  const loadBefore = loadAverage();
  console.log(
    `${machine.cores} x ${machine.cpu}, load ${loadBefore.toFixed(2)}; ${loadGenerator}; ${settings.pairs} pairs of ${settings.seconds} s`,
  );
  const dir = await mkdtemp(join(tmpdir(), "hotspot-bench-"));
  let database: Promise<Database> | null = null;
  const timeout = new AbortController();
  const timer = setTimeout(
    () =>
      timeout.abort(
        new Error(`the whole run may take ${settings.timeoutMs / 60_000} min, and they are over`),
      ),
    settings.timeoutMs,
  );
  try {
    const reports = await runParts(parts, {
      dir,
      stop: AbortSignal.any([interrupted, timeout.signal]),
      loadAverage,
      now: () => performance.now(),
      shared: {
        settings,
        load,
        database: () => {
          database ??= startDatabase(dir);
          return database;
        },
        log: (line) => console.log(line),
      },
    });
    return {
      at,
      machine,
      loadBefore,
      loadGenerator,
      pairs: settings.pairs,
      seconds: settings.seconds,
      short: settings.short,
      parts: reports,
      verdicts: reports.flatMap((part) =>
        rowsOf({ parts: [part] }).map((row) => ({ part: part.name, key: row.key, verdict: verdictOf(row) })),
      ),
    };
  } finally {
    clearTimeout(timer);
    const started = database as Promise<Database> | null;
    await started?.then(
      ({ stop }) => stop(),
      () => undefined,
    );
    // Nothing is left of ours: the watchdog may go too.
    await stopAll([]);
    await rm(dir, { recursive: true, force: true });
  }
}
