import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { benchFirstRequest } from "./bench-first-request.ts";
import { benchUsage } from "./bench-usage.ts";
import { measure } from "./measure.ts";
import { chooseParts } from "./parts/index.ts";
import { publish, writeReport } from "./publish.ts";
import type { BenchReport } from "./report/report.ts";
import { textTable } from "./report/table.ts";
import type { Section } from "./section.ts";
import { type BenchSettings, readSettings } from "./settings.ts";
import { soakFor } from "./soak.ts";

// Measures against the bars of the project. Ratios within one run are what counts: machines, and the same machine an
// hour later, differ by more than what is measured.

/** Starting, settling and stopping around a soak. */
const SOAK_MARGIN_MS = 300_000;

const settings = settingsOrUsage();
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  // Again and again, since a signal comes from a terminal and from our parent both: what is stopping goes on stopping.
  process.on(signal, () => interrupted.abort(new Error(`stopped by ${signal}`)));
}

if (settings.clone) await single("-clone", benchFirstRequest);
else if (settings.usage) await single("-usage", benchUsage);
else if (settings.soakMs !== null) await soak(settings, settings.soakMs);
else await all(settings);
// A part that was given up may still wait for something, e.g. a package; all that ran for it is stopped.
process.exit();

function settingsOrUsage(): BenchSettings {
  try {
    const read = readSettings(process.argv.slice(2), process.env);
    chooseParts(read.only);
    return read;
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}

async function all(settings: BenchSettings): Promise<void> {
  const report = await measure(chooseParts(settings.only), settings, interrupted.signal);
  const written = await tell(report, "bench");
  // Half a run is no report.
  if (settings.write && !interrupted.signal.aborted) written.push(...(await publish(report)));
  console.log(`written: ${written.join(", ")}`);
}

async function soak(settings: BenchSettings, soakMs: number): Promise<void> {
  const timeoutMs = Math.max(settings.timeoutMs, soakMs + SOAK_MARGIN_MS);
  const report = await measure([soakFor(soakMs)], { ...settings, timeoutMs }, interrupted.signal);
  console.log(`written: ${(await tell(report, "bench-soak")).join(", ")}`);
}

/** Prints the rows, writes the report beside our data, and sets the exit code. @returns the files */
async function tell(report: BenchReport, name: string): Promise<string[]> {
  console.log(`\n${textTable(report)}\n`);
  if (report.verdicts.some(({ verdict }) => verdict === "missed" || verdict === "failed")) {
    process.exitCode = 1;
  }
  return await writeReport(settings.dataDir, report, name);
}

/** A part that is run by itself, since it takes long or loads more than this machine. */
async function single(suffix: string, run: (dir: string) => Promise<Section>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "hotspot-bench-"));
  try {
    const section = await run(dir);
    console.log(`\n${section.text}\n`);
    for (const { label, value, bar, met } of section.verdicts) {
      console.log(`${met ? "met   " : "MISSED"}  ${label}: ${value.toFixed(3)} (bar: ${bar})`);
    }
    await mkdir(settings.dataDir, { recursive: true });
    const file = join(settings.dataDir, `bench${suffix}.json`);
    const report = {
      at: new Date().toISOString(),
      verdicts: section.verdicts,
      [section.name]: section.figures,
    };
    await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
    console.log(`written to ${file}`);
    if (section.verdicts.some(({ met }) => !met)) process.exitCode = 1;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
