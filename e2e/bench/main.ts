import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { benchFirstRequest } from "./bench-first-request.ts";
import { benchMetering } from "./bench-metering.ts";
import { benchPages } from "./bench-pages.ts";
import { benchTunnel } from "./bench-tunnel.ts";
import type { Section } from "./report.ts";
import { readSettings } from "./settings.ts";

// Measures against the bars of the project. Ratios within one run are what counts: machines, and the same machine an
// hour later, differ by more than what is measured.
const settings = readSettings(process.argv.slice(2), process.env);
const dir = await mkdtemp(join(tmpdir(), "hotspot-bench-"));
try {
  const sections: Section[] = settings.clone
    ? [await benchFirstRequest(dir)]
    : [await benchTunnel(dir, settings), await benchMetering(dir, settings), await benchPages(dir)];
  console.log();
  for (const section of sections) console.log(`${section.text}\n`);
  const verdicts = sections.flatMap((section) => section.verdicts);
  for (const { label, value, bar, met } of verdicts) {
    console.log(`${met ? "met   " : "MISSED"}  ${label}: ${value.toFixed(3)} (bar: ${bar})`);
  }
  await mkdir(settings.dataDir, { recursive: true });
  const file = join(settings.dataDir, settings.clone ? "bench-clone.json" : "bench.json");
  const measured = Object.fromEntries(sections.map((section) => [section.name, section.figures]));
  const report = { at: new Date().toISOString(), cpus: cpus().length, verdicts, ...measured };
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`written to ${file}`);
  if (verdicts.some(({ met }) => !met)) process.exitCode = 1;
} finally {
  await rm(dir, { recursive: true, force: true });
}
