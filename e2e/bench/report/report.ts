import type { Machine } from "../machine.ts";
import type { Row, Verdict } from "../rows.ts";
import type { PartReport } from "../run-parts.ts";

/** What one run of the benchmark has to say; the JSON report, as it is. */
export interface BenchReport {
  /** ISO 8601, when it began. */
  readonly at: string;
  readonly machine: Machine;
  /** Of the first part: what else the machine was doing. */
  readonly loadBefore: number;
  readonly loadGenerator: string;
  readonly pairs: number;
  readonly seconds: number;
  /** Its figures show that everything works, and nothing else. */
  readonly short: boolean;
  readonly parts: readonly PartReport[];
  readonly verdicts: readonly { readonly part: string; readonly key: string; readonly verdict: Verdict }[];
}

/** All rows in the order of the parts. */
export function rowsOf(report: Pick<BenchReport, "parts">): Row[] {
  return report.parts.flatMap(({ rows }) => rows);
}
