import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { benchFirstRequest } from "./bench-first-request.ts";
import { benchUsage } from "./bench-usage.ts";
import { measure } from "./measure.ts";
import { chooseParts } from "./parts/index.ts";
import { publish, writeReport } from "./publish.ts";
import { textTable } from "./report/table.ts";
import type { Section } from "./section.ts";
import { type BenchSettings, readSettings } from "./settings.ts";

// Measures against the bars of the project. Ratios within one run are what counts: machines, and the same machine an
// hour later, differ by more than what is measured.
const settings = settingsOrUsage();
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => interrupted.abort(new Error(`stopped by ${signal}`)));
}

if (settings.clone) await single("-clone", benchFirstRequest);
else if (settings.usage) await single("-usage", benchUsage);
else await all(settings);

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
  const report = await measure(settings, interrupted.signal);
  console.log(`\n${textTable(report)}\n`);
  const written = await writeReport(settings.dataDir, report);
  if (settings.write) written.push(...(await publish(report)));
  console.log(`written: ${written.join(", ")}`);
  if (report.verdicts.some(({ verdict }) => verdict === "missed" || verdict === "failed"))
    process.exitCode = 1;
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
