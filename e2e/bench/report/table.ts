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
    "| what | result | at least | aim | |",
    "| --- | --- | --- | --- | --- |",
    ...rowsOf(report).map(line),
  ].join("\n");
}

function line(row: Row): string {
  const cells = [row.what, result(row), show(row.bar, row.unit), aim(row), verdictOf(row)];
  return `| ${cells.map(cell).join(" | ")} |`;
}

function result({ outcome, unit }: Row): string {
  if (outcome.state !== "measured") return outcome.reason;
  const { spread, note } = outcome;
  const range = spread ? ` (${show(spread.min, unit)} to ${show(spread.max, unit)})` : "";
  return `${show(outcome.value, unit)}${range}${note ? `; ${note}` : ""}`;
}

function aim(row: Row): string {
  return row.aim === null ? "" : show(row.aim, row.unit);
}

/** A reason may hold anything, e.g. what a program printed. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ").trim().slice(0, 300);
}

/** For the terminal: one line per row. */
export function textTable(report: BenchReport): string {
  return rowsOf(report)
    .map(
      (row) =>
        `${verdictOf(row).padEnd(12)} ${row.what}: ${result(row)} (at least ${show(row.bar, row.unit)})`,
    )
    .join("\n");
}
