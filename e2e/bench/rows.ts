import type { Spread } from "./stats.ts";

/** `x` is a ratio, `share` a part of one that people read in per cent. */
export type Unit = "x" | "ms" | "KB" | "share" | "rows" | "files" | "MiB/min";

/** One line of the table: what is measured, and what it is to be. */
export interface RowPlan {
  readonly key: string;
  readonly what: string;
  readonly unit: Unit;
  readonly better: "higher" | "lower";
  /** What must be reached at least (or, where lower is better, at most); null for what is told to compare others with. */
  readonly bar: number | null;
  /** What it ought to be; null where nobody said. */
  readonly aim: number | null;
}

/** What came of a row. */
export type Outcome =
  | {
      readonly state: "measured";
      readonly value: number;
      /** Over the pairs; null where there is only one measurement. */
      readonly spread: Spread | null;
      readonly note: string | null;
    }
  | { readonly state: "absent"; readonly reason: string }
  | { readonly state: "failed"; readonly reason: string };

export type Row = RowPlan & { readonly outcome: Outcome };

export type Verdict = "aim met" | "bar met" | "missed" | "to compare" | "not present" | "failed";

/** Bars and aims are met by equality too. */
export function verdictOf(row: Row): Verdict {
  const { outcome } = row;
  if (outcome.state === "absent") return "not present";
  if (outcome.state === "failed") return "failed";
  const reaches = (goal: number) => (row.better === "higher" ? outcome.value >= goal : outcome.value <= goal);
  if (row.bar === null) return "to compare";
  if (row.aim !== null && reaches(row.aim)) return "aim met";
  return reaches(row.bar) ? "bar met" : "missed";
}

/** A value with its unit, as tables show it. */
export function show(value: number, unit: Unit): string {
  switch (unit) {
    case "x":
      return `${value.toFixed(2)}x`;
    case "ms":
      return `${value.toFixed(Math.abs(value) < 10 ? 2 : 0)} ms`;
    case "KB":
      return `${value.toFixed(1)} KB`;
    case "share":
      return `${(value * 100).toFixed(1)} %`;
    case "rows":
      return value.toFixed(2);
    case "files":
      return value.toFixed(0);
    case "MiB/min":
      return `${value.toFixed(2)} MiB/min`;
  }
}
