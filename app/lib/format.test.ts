import { describe, expect, test } from "vitest";
import { formatBytes, formatCount, formatDuration, plural } from "./format.ts";

describe("formatBytes", () => {
  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1 KB"],
    [1536, "1.5 KB"],
    [999_499, "999 KB"],
    [999_500, "1 MB"],
    [268_435_456, "268 MB"],
    [5e15, "5000 TB"],
  ])("%d bytes are %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test("what is no amount is a dash", () => {
    expect([formatBytes(-1), formatBytes(Number.NaN)]).toEqual(["–", "–"]);
  });
});

describe("formatDuration", () => {
  test.each([
    [0, "0 ms"],
    [0.44, "0.4 ms"],
    [38.4, "38 ms"],
    [999.4, "999 ms"],
    [999.6, "1 s"],
    [1234, "1.2 s"],
    [59_940, "59.9 s"],
    [59_960, "1 min 00 s"],
    [125_000, "2 min 05 s"],
    [3_660_000, "1 h 01 min"],
  ])("%d ms are %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});

test("counts are grouped by a thin space that does not break", () => {
  expect(formatCount(1_234_567)).toBe("1\u202f234\u202f567");
});

test("one is singular, everything else is plural", () => {
  expect([0, 1, 2].map((count) => plural(count, "device"))).toEqual(["0 devices", "1 device", "2 devices"]);
});
