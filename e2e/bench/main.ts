import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { benchFirstRequest } from "./bench-first-request.ts";
import { benchMetering } from "./bench-metering.ts";
import { benchPages } from "./bench-pages.ts";
import { benchTunnel } from "./bench-tunnel.ts";
import { benchUsage } from "./bench-usage.ts";
import type { Section } from "./report.ts";
import { type BenchSettings, readSettings } from "./settings.ts";

// Measures against the bars of the project. Ratios within one run are what counts: machines, and the same machine an
// hour later, differ by more than what is measured.
const settings = readSettings(process.argv.slice(2), process.env);
const dir = await mkdtemp(join(tmpdir(), "hotspot-bench-"));
try {
  const sections = await measure(dir, settings);
  console.log();
  for (const section of sections) console.log(`${section.text}\n`);
  const verdicts = sections.flatMap((section) => section.verdicts);
  for (const { label, value, bar, met } of verdicts) {
    console.log(`${met ? "met   " : "MISSED"}  ${label}: ${value.toFixed(3)} (bar: ${bar})`);
  }
  await mkdir(settings.dataDir, { recursive: true });
  const part = settings.clone ? "-clone" : settings.usage ? "-usage" : "";
  const file = join(settings.dataDir, `bench${part}.json`);
  const measured = Object.fromEntries(sections.map((section) => [section.name, section.figures]));
  const report = { at: new Date().toISOString(), cpus: cpus().length, verdicts, ...measured };
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`written to ${file}`);
  if (verdicts.some(({ met }) => !met)) process.exitCode = 1;
} finally {
  await rm(dir, { recursive: true, force: true });
}

async function measure(dir: string, settings: BenchSettings): Promise<Section[]> {
  if (settings.clone) return [await benchFirstRequest(dir)];
  if (settings.usage) return [await benchUsage(dir)];
  return [await benchTunnel(dir, settings), await benchMetering(dir, settings), await benchPages(dir)];
}
