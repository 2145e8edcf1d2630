import { expect, test } from "vitest";
import { bucketChart, readUseFigure } from "./bucket-use.ts";

const day = (date: string, peakBytes: number) => ({
  day: date,
  peakBytes,
  objects: 3,
  writes: 10,
  reads: 20,
  carried: false,
});

test("beside the size stands the newest, as a sum of sizes means nothing; operations are added up", () => {
  const days = [day("2026-11-19", 500), day("2026-11-20", 700)];
  const size = bucketChart(days, "size");
  expect(size.groups.map(({ total }) => total)).toEqual([700]);
  expect(size.points.map(({ title, values }) => [title, values])).toEqual([
    ["19 Nov 2026", [500]],
    ["20 Nov 2026", [700]],
  ]);
  const operations = bucketChart(days, "operations");
  expect(operations.groups.map(({ label, total }) => [label, total])).toEqual([
    ["Writes and listings", 20],
    ["Reads", 40],
  ]);
});

test("an address that asks for no known figure gets the size", () => {
  expect(readUseFigure(new URLSearchParams("use=operations"))).toBe("operations");
  expect(readUseFigure(new URLSearchParams("use=nonsense"))).toBe("size");
});
