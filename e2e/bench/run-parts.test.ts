import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Absent } from "./absent.ts";
import type { Part } from "./part.ts";
import type { RowPlan } from "./rows.ts";
import { runParts } from "./run-parts.ts";
import { readSettings } from "./settings.ts";

const row = (key: string): RowPlan => ({ key, what: key, unit: "x", better: "higher", bar: 1, aim: null });

describe("running the parts", () => {
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "hotspot-parts-"));
  });
  afterAll(() => rm(dir, { recursive: true }));

  const run = (parts: Part[], stop = new AbortController().signal) =>
    runParts(parts, {
      dir,
      stop,
      loadAverage: () => 0,
      now: () => 0,
      shared: {
        settings: readSettings([], {}),
        load: () => Promise.reject(new Error("not used")),
        database: () => Promise.reject(new Error("not used")),
        log: () => undefined,
      },
    });

  it("keeps what a failing part had measured, stops what it had started, and goes on with the next", async () => {
    const stopped: string[] = [];
    const broken: Part = {
      name: "broken",
      rows: [row("a"), row("b")],
      async run({ resources }, report) {
        await resources.keep(() => void stopped.push("first"));
        await resources.keep(() => {
          stopped.push("second");
          throw new Error("would not stop");
        });
        report("a", { value: 2 });
        throw new Error("the wire broke");
      },
    };
    const lacking: Part = {
      name: "lacking",
      rows: [row("c")],
      run: () => Promise.reject(new Absent("no such program")),
    };
    const [first, second] = await run([broken, lacking]);
    expect(stopped).toEqual(["second", "first"]);
    expect(first!.rows.map(({ outcome }) => outcome)).toEqual([
      { state: "measured", value: 2, spread: null, note: null },
      { state: "failed", reason: "the wire broke" },
    ]);
    expect(second!.rows[0]!.outcome).toEqual({ state: "absent", reason: "no such program" });
  });

  it("gives up a part that hangs when the time is over, ends what it starts too late, and begins no other", async () => {
    const stop = new AbortController();
    let ended = false;
    let wake!: () => void;
    const late = new Promise<void>((resolve) => {
      wake = resolve;
    });
    let refused: Promise<unknown> | undefined;
    const hanging: Part = {
      name: "hanging",
      rows: [row("a")],
      async run({ resources }) {
        stop.abort(new Error("the time is over"));
        await late;
        refused = resources.keep(() => {
          ended = true;
        });
        await refused;
      },
    };
    const next: Part = { name: "next", rows: [row("b")], run: () => Promise.resolve(expect.unreachable()) };
    const reports = await run([hanging, next], stop.signal);
    expect(reports.flatMap(({ rows }) => rows.map(({ outcome }) => outcome))).toEqual([
      { state: "failed", reason: "the time is over" },
      { state: "failed", reason: "the time is over" },
    ]);
    wake();
    await late;
    await expect(refused).rejects.toThrow("over");
    expect(ended).toBe(true);
  });
});
