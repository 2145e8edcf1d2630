import { type Row, show, verdictOf } from "../rows.ts";
import { type BenchReport, rowsOf } from "./report.ts";

const LINE = 22;
const LABELS = 520;
const BARS = 360;
const VALUES = 110;
const TOP = 58;
/** In bars' widths of the bar: what is better than this is cut, with its value beside it. */
const MOST = 2.5;
const COLOURS = { "aim met": "#1a7f4b", "bar met": "#4b8fd0", missed: "#c4552d" } as const;

/**
 * The report as a picture: how each measured row stands to its bar. 1 is the bar, to the right is better, whichever way
 * the figure itself counts; a tick shows the aim.
 */
export function chart(report: BenchReport): string {
  const rows = rowsOf(report).filter(isMeasured);
  const width = LABELS + BARS + VALUES;
  const height = TOP + rows.length * LINE + 20;
  const bar = LABELS + BARS / MOST;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="Benchmark results against their bars">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="12" y="22" font-size="15" font-weight="600" fill="#1c2430">Hotspot, ${escapeXml(report.at.slice(0, 10))}: each figure against its bar</text>`,
    `<text x="12" y="42" fill="#5a6675">${escapeXml(`${report.machine.cores} x ${report.machine.cpu}; medians of ${report.pairs} pairs of ${report.seconds} s. Right of the line is better than asked; tick: aim.`)}</text>`,
    ...rows.map((row, n) => rowOf(row, TOP + n * LINE)),
    `<line x1="${bar}" x2="${bar}" y1="${TOP - 4}" y2="${height - 16}" stroke="#1c2430" stroke-dasharray="3 3"/>`,
    "</svg>",
  ].join("\n")}\n`;
}

type MeasuredRow = Row & { readonly bar: number; readonly outcome: { readonly state: "measured" } };

/** Against a bar. */
function isMeasured(row: Row): row is MeasuredRow {
  return row.outcome.state === "measured" && row.bar !== null;
}

function rowOf(row: MeasuredRow, y: number): string {
  const { value } = row.outcome;
  const verdict = verdictOf(row) as keyof typeof COLOURS;
  const length = scaled(standing(row, value));
  const middle = y + LINE / 2 + 4;
  const aim = row.aim === null ? null : LABELS + scaled(standing(row, row.aim));
  return [
    `<text x="12" y="${middle}" fill="#1c2430">${escapeXml(shorten(row.what))}</text>`,
    `<rect x="${LABELS}" y="${y + 4}" width="${length.toFixed(1)}" height="${LINE - 8}" rx="2" fill="${COLOURS[verdict]}"><title>${escapeXml(`${row.what}: ${show(value, row.unit)}, ${verdict}`)}</title></rect>`,
    aim === null
      ? ""
      : `<line x1="${aim.toFixed(1)}" x2="${aim.toFixed(1)}" y1="${y + 2}" y2="${y + LINE - 2}" stroke="#1c2430" stroke-width="2"/>`,
    `<text x="${LABELS + BARS + 8}" y="${middle}" fill="#1c2430">${escapeXml(show(value, row.unit))}</text>`,
  ].join("");
}

/** 1 at the bar, more is better. A figure of 0 or less where lower is better could not be better. */
function standing(row: MeasuredRow, value: number): number {
  if (row.better === "higher") return value / row.bar;
  return value <= 0 ? MOST : row.bar / value;
}

function scaled(standing: number): number {
  return (Math.min(MOST, Math.max(0, standing)) / MOST) * BARS;
}

function shorten(text: string): string {
  return text.length > 82 ? `${text.slice(0, 80)}…` : text;
}

function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
