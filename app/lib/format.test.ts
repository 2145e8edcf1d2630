import { describe, expect, test } from "vitest";
import {
  formatBytes,
  formatCount,
  formatDay,
  formatDuration,
  formatLarge,
  formatMoney,
  formatPeriod,
  formatPrice,
  plural,
} from "./format.ts";

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

describe("money", () => {
  test.each([
    [0, "$0.00"],
    [7, "$0.07"],
    [1900, "$19.00"],
    [123_456_789, "$1\u202f234\u202f567.89"],
    [-300, "\u2212$3.00"],
    [-0.4, "$0.00"],
  ])("%d cents are %s on an invoice", (cents, text) => {
    expect(formatMoney(cents)).toBe(text);
  });

  test("another currency is named behind the amount", () => {
    expect(formatMoney(1250, "eur")).toBe("12.50\u00a0EUR");
  });

  test.each([
    [0, "$0"],
    [1900, "$19"],
    [40, "$0.40"],
    [5, "$0.05"],
    [0.2, "$0.002"],
  ])("a price of %d cents is said as %s", (cents, text) => {
    expect(formatPrice(cents)).toBe(text);
  });
});

test.each([
  [999_999, "999\u202f999"],
  [1_000_000, "1 million"],
  [1_239_999, "1.23 million"],
  [2_500_000_000, "2.5 billion"],
])("%d is said as %s, never rounded up", (count, text) => {
  expect(formatLarge(count)).toBe(text);
});

test("a day is the one in UTC, whatever clock the reader has", () => {
  expect(formatDay("2026-11-30T23:59:59.000Z")).toBe("30\u00a0Nov\u00a02026");
});

test("a period says its year once", () => {
  expect(formatPeriod("2026-11-21T00:00:00Z", "2026-12-21T00:00:00Z")).toBe(
    "21\u00a0Nov to 21\u00a0Dec\u00a02026",
  );
  expect(formatPeriod("2026-12-21T00:00:00Z", "2027-01-21T00:00:00Z")).toBe(
    "21\u00a0Dec\u00a02026 to 21\u00a0Jan\u00a02027",
  );
});
