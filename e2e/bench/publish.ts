import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../fixtures/clone.ts";
import { chart } from "./report/chart.ts";
import { replaceBetweenMarkers } from "./report/readme.ts";
import type { BenchReport } from "./report/report.ts";
import { markdownTable } from "./report/table.ts";

/** Where the chart lies that the README shows. */
const RESULTS = "e2e/bench/results";

/** Writes JSON, chart and table into a folder. @returns the files */
export async function writeReport(dir: string, report: BenchReport, name = "bench"): Promise<string[]> {
  await mkdir(dir, { recursive: true });
  const files = {
    [`${name}.json`]: `${JSON.stringify(report, null, 2)}\n`,
    [`${name}.svg`]: chart(report),
    [`${name}.md`]: `${markdownTable(report)}\n`,
  };
  for (const [file, text] of Object.entries(files)) await writeFile(join(dir, file), text);
  return Object.keys(files).map((file) => join(dir, file));
}

/** Writes the report where readers find it: into the clone, and its table into the README. @returns the files */
export async function publish(report: BenchReport): Promise<string[]> {
  const written = await writeReport(join(root, RESULTS), report);
  const readme = join(root, "README.md");
  const text = `\n${markdownTable(report)}\n\n![each figure against its bar](${RESULTS}/bench.svg)\n`;
  await writeFile(readme, replaceBetweenMarkers(await readFile(readme, "utf8"), text));
  return [...written, readme];
}
