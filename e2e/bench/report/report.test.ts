import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "../../fixtures/clone.ts";
import type { Outcome, Row } from "../rows.ts";
import { verdictOf } from "../rows.ts";
import { chart } from "./chart.ts";
import { replaceBetweenMarkers } from "./readme.ts";
import type { BenchReport } from "./report.ts";
import { markdownTable, textTable } from "./table.ts";

const measured = (value: number): Outcome => ({
  state: "measured",
  value,
  spread: { min: value - 0.1, median: value, max: value + 0.1 },
  note: null,
});
const row = (change: Partial<Row>): Row => ({
  key: "k",
  what: "speed",
  unit: "x",
  better: "higher",
  bar: 0.75,
  aim: 0.9,
  outcome: measured(0.8),
  ...change,
});

function report(rows: Row[]): BenchReport {
  return {
    at: "2026-11-21T07:00:00.000Z",
    machine: {
      cpu: "Some <CPU>",
      cores: 2,
      memoryMiB: 8_192,
      kernel: "6.1",
      node: "v26",
      bun: "1.4",
      nginx: "1.22",
    },
    loadBefore: 0.1,
    loadGenerator: "wrk",
    pairs: 5,
    seconds: 4,
    short: false,
    parts: [{ name: "p", seconds: 1, loadBefore: 0, rows, figures: null, error: null }],
    verdicts: [],
  };
}

describe("verdicts", () => {
  it.each([
    ["higher", 0.74, "missed"],
    ["higher", 0.75, "bar met"],
    ["higher", 0.9, "aim met"],
    ["lower", 0.91, "missed"],
    ["lower", 0.9, "bar met"],
    ["lower", 0.75, "aim met"],
  ] as const)("where %s is better, %d is: %s", (better, value, verdict) => {
    const [bar, aim] = better === "higher" ? [0.75, 0.9] : [0.9, 0.75];
    expect(verdictOf(row({ better, bar, aim, outcome: measured(value) }))).toBe(verdict);
  });

  it("says when there is nothing to judge", () => {
    expect(verdictOf(row({ outcome: { state: "absent", reason: "no wrk" } }))).toBe("not present");
    expect(verdictOf(row({ outcome: { state: "failed", reason: "broke" } }))).toBe("failed");
    expect(verdictOf(row({ bar: null, aim: null }))).toBe("to compare");
  });
});

describe("the table", () => {
  it("has a line per row with result, spread, bar, aim and verdict, and reasons where nothing was measured", () => {
    const text = markdownTable(
      report([
        row({}),
        row({ what: "log", aim: null, unit: "share", better: "lower", bar: 0.08, outcome: measured(0.5) }),
        row({ what: "peer", outcome: { state: "failed", reason: "exit 1 | see\nlog" } }),
      ]),
    );
    expect(text).toContain("| speed | 0.80x (0.70x to 0.90x) | ≥ 0.75x | ≥ 0.90x | bar met |");
    expect(text).toContain("| log | 50.0 % (40.0 % to 60.0 %) | ≤ 8.0 % |  | missed |");
    // Neither a pipe nor a line break of a program's output may break the table.
    expect(text).toContain("| peer | exit 1 \\| see log | ≥ 0.75x | ≥ 0.90x | failed |");
  });

  it("reads as lines in a terminal", () => {
    expect(textTable(report([row({})]))).toBe("bar met      speed: 0.80x (0.70x to 0.90x) (bar ≥ 0.75x)");
  });
});

describe("the chart", () => {
  const barsOf = (svg: string) =>
    [...svg.matchAll(/<rect x="520"[^>]*width="([\d.]+)"/g)].map((m) => Number(m[1]));

  it("puts the bar of every row at one place, and better to the right whichever way the figure counts", () => {
    const svg = chart(
      report([
        row({ outcome: measured(0.75) }),
        row({ better: "lower", bar: 0.9, aim: 0.7, outcome: measured(0.9) }),
        row({ better: "lower", bar: 0.9, aim: 0.7, outcome: measured(0.45) }),
        row({ better: "lower", bar: 0.9, aim: 0.7, outcome: measured(-0.1) }),
        row({ outcome: { state: "absent", reason: "no wrk" } }),
        row({ bar: null }),
      ]),
    );
    const [atBar, atOther, twice, most, ...more] = barsOf(svg);
    expect(atBar).toBe(atOther);
    expect(twice).toBe(2 * atBar!);
    expect(most).toBe(2.5 * atBar!);
    expect(more).toEqual([]);
  });

  it("escapes what it shows", () => {
    const svg = chart(report([row({ what: 'a < b & "c"' })]));
    expect(svg).toContain("a &lt; b &amp; &quot;c&quot;");
    expect(svg).not.toContain("<CPU>");
  });
});

describe("the part of the README that is written", () => {
  const start = "<!-- bench:start, written by npm run bench -- --write -->";
  const stop = "<!-- bench:end -->";

  it("is what lies between the markers, and writing it again changes nothing", () => {
    const once = replaceBetweenMarkers(`a\n${start}\nold\n${stop}\nb\n`, "new");
    expect(once).toBe(`a\n${start}\nnew\n${stop}\nb\n`);
    expect(replaceBetweenMarkers(once, "new")).toBe(once);
  });

  it("is marked in the README that there is", async () => {
    const readme = await readFile(join(root, "README.md"), "utf8");
    expect(replaceBetweenMarkers(readme, "new")).toContain(`${start}\nnew\n${stop}`);
  });

  it.each(["", start, `${stop} ${start}`, `${start} ${stop} ${start} ${stop}`])(
    "wants both markers once, not %j",
    (text) => {
      expect(() => replaceBetweenMarkers(text, "new")).toThrow("once each");
    },
  );
});
