import { type Row, show, verdictOf } from "../rows.ts";
import { type BenchReport, rowsOf } from "./report.ts";

/** The report as Markdown: where it was measured, and one line per row. */
export function markdownTable(report: BenchReport): string {
  const { machine } = report;
  return [
    `Measured ${report.at.slice(0, 10)} on ${machine.cores} x ${machine.cpu}, ${Math.round(machine.memoryMiB / 1024)} GiB, kernel ${machine.kernel}, nginx ${machine.nginx}, Bun ${machine.bun}.`,
    `Load generator (${report.loadGenerator}), upstream, proxies and Postgres share these CPUs. Medians of ${report.pairs} alternating pairs of ${report.seconds} s, in`,
    `brackets the lowest and the highest pair.${report.short ? " A short run: these figures show that everything works, nothing else." : ""}`,
    "",
    "| what | result | bar | aim | |",
    "| --- | --- | --- | --- | --- |",
    ...rowsOf(report).map(line),
  ].join("\n");
}

function line(row: Row): string {
  const cells = [row.what, result(row), goal(row, row.bar), goal(row, row.aim), verdictOf(row)];
  return `| ${cells.map(cell).join(" | ")} |`;
}

function result({ outcome, unit }: Row): string {
  if (outcome.state !== "measured") return oneLine(outcome.reason);
  const { spread, note } = outcome;
  const range = spread ? ` (${show(spread.min, unit)} to ${show(spread.max, unit)})` : "";
  return `${show(outcome.value, unit)}${range}${note ? `; ${note}` : ""}`;
}

function goal({ better, unit }: Row, value: number | null): string {
  return value === null ? "" : `${better === "higher" ? "≥" : "≤"} ${show(value, unit)}`;
}

/** A reason may hold anything, e.g. what a program printed. */
function cell(text: string): string {
  return oneLine(text).replaceAll("|", "\\|");
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().slice(0, 300);
}

/** For the terminal: one line per row. */
export function textTable(report: BenchReport): string {
  return rowsOf(report)
    .map((row) => {
      const bar = row.bar === null ? "" : ` (bar ${goal(row, row.bar)})`;
      return `${verdictOf(row).padEnd(12)} ${row.what}: ${result(row)}${bar}`;
    })
    .join("\n");
}
