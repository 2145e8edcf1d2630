import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyFetches, type BucketDay, type DayFetch } from "./days.ts";

const at = (minute: number) => new Date(Date.UTC(2026, 10, 20) + minute * 60_000);
const size = (bytes: number) => ({ peakBytes: bytes, lastBytes: bytes, objects: 1 });
const fetched = (day: string, minute: number, bytes: number | null, classA = 0, classB = 0): DayFetch => ({
  day,
  at: at(minute),
  use: { size: bytes === null ? null : size(bytes), classA, classB },
});
const peaks = (days: readonly BucketDay[]) => days.map(({ day, peakBytes }) => [day, peakBytes]);

test("a day without a sample holds what the day before it ended with, also over several days", () => {
  const first: DayFetch = {
    day: "2026-11-01",
    at: at(0),
    use: { size: { peakBytes: 900, lastBytes: 40, objects: 2 }, classA: 3, classB: 4 },
  };
  const days = applyFetches([], [first, fetched("2026-11-02", 1, null, 5), fetched("2026-11-03", 2, null)]);
  expect(peaks(days)).toEqual([
    ["2026-11-01", 900],
    ["2026-11-02", 40],
    ["2026-11-03", 40],
  ]);
  expect(days[1]).toMatchObject({ objects: 2, classA: 5, sampledAt: null });
});

test("before the first sample there is nothing", () => {
  const days = applyFetches([], [fetched("2026-11-01", 0, null, 1), fetched("2026-11-02", 1, 70)]);
  expect(peaks(days)).toEqual([
    ["2026-11-01", 0],
    ["2026-11-02", 70],
  ]);
});

test("when a day is known better later, the days that took over from it follow", () => {
  const before = applyFetches([], [fetched("2026-11-01", 0, 10), fetched("2026-11-02", 1, null)]);
  const after = applyFetches(before, [fetched("2026-11-01", 60, 30)]);
  expect(peaks(after)).toEqual([
    ["2026-11-01", 30],
    ["2026-11-02", 30],
  ]);
});

test("an answer without a sample takes no size away, and its operations count", () => {
  const days = applyFetches([], [fetched("2026-11-01", 0, 10, 1), fetched("2026-11-01", 5, null, 4)]);
  expect(days).toMatchObject([{ peakBytes: 10, classA: 4, sampledAt: at(0), fetchedAt: at(5) }]);
});

describe("whatever the order and repetition of answers", () => {
  const dates = ["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05"];
  const answers = fc
    .uniqueArray(fc.nat(10_000), { minLength: 1, maxLength: 20 })
    .chain((minutes) =>
      fc.tuple(
        ...minutes.map((minute) =>
          fc
            .tuple(
              fc.constantFrom(...dates),
              fc.option(fc.nat(5_000_000), { nil: null }),
              fc.nat(1_000),
              fc.nat(1_000),
            )
            .map(([day, bytes, a, b]) => fetched(day, minute, bytes, a, b)),
        ),
      ),
    );

  /** From the answers alone: each day by itself, then carried on. */
  function expected(all: readonly DayFetch[]) {
    let last = 0;
    const totals = { megabytes: 0, classA: 0, classB: 0 };
    for (const date of dates) {
      const own = all.filter(({ day }) => day === date).sort((a, b) => b.at.getTime() - a.at.getTime());
      const newest = own[0];
      if (newest === undefined) continue;
      last = own.find(({ use }) => use.size !== null)?.use.size?.lastBytes ?? last;
      totals.megabytes += Math.ceil(last / 1_000_000);
      totals.classA += newest.use.classA;
      totals.classB += newest.use.classB;
    }
    return totals;
  }

  test("the days add up to what was answered last about each of them", () => {
    const property = fc.property(
      answers.chain((all) =>
        fc.tuple(
          fc.constant(all),
          // Any order, any answer several times, cut into any rounds.
          fc.shuffledSubarray([...all, ...all, ...all], { minLength: all.length * 3 }),
          fc.nat(7),
        ),
      ),
      ([all, heard, cut]) => {
        let days: BucketDay[] = [];
        for (let from = 0; from < heard.length; from += cut + 1)
          days = applyFetches(days, heard.slice(from, from + cut + 1));
        const sum = (of: (day: BucketDay) => number) => days.reduce((total, day) => total + of(day), 0);
        expect({
          megabytes: sum(({ peakBytes }) => Math.ceil(peakBytes / 1_000_000)),
          classA: sum(({ classA }) => classA),
          classB: sum(({ classB }) => classB),
        }).toEqual(expected(all));
        expect(applyFetches(days, heard)).toEqual(days);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });
});
