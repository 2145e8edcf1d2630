import type { Comparison } from "./compare.ts";
import { median } from "./stats.ts";

/** A figure beside the bar that it should meet. */
export interface Verdict {
  label: string;
  value: number;
  bar: string;
  met: boolean;
}

/** What one part of the benchmark has to say. */
export interface Section {
  name: string;
  /** For people. */
  text: string;
  /** For `bench.json`. */
  figures: unknown;
  verdicts: Verdict[];
}

/** One table per comparison: medians of all its runs. */
export function table(comparison: Comparison): string {
  const rows = Object.entries(comparison.runs).map(([name, runs]) => {
    const middle = (of: (run: (typeof runs)[number]) => number) => median(runs.map(of));
    const cpu = Object.keys(runs[0]!.cpuPerRequest)
      .map((process) => `${process} ${middle((run) => run.cpuPerRequest[process]!).toFixed(1)}`)
      .join(", ");
    return [
      name.padEnd(18),
      middle((run) => run.requestsPerSecond)
        .toFixed(0)
        .padStart(9),
      middle((run) => run.p50Ms)
        .toFixed(3)
        .padStart(9),
      middle((run) => run.p99Ms)
        .toFixed(3)
        .padStart(9),
      `  ${cpu}`,
    ].join("");
  });
  return [
    `${comparison.connections} connection${comparison.connections === 1 ? "" : "s"}`,
    `${"".padEnd(18)}${"req/s".padStart(9)}${"p50 ms".padStart(9)}${"p99 ms".padStart(9)}  CPU us per request`,
    ...rows,
  ].join("\n");
}
