import { describe, expect, it } from "vitest";
import { median, percentile, slope, spread } from "./stats.ts";

describe("figures over runs", () => {
  it("takes the middle value, of an even number the mean of the two in the middle, and leaves the input alone", () => {
    const values = [9, 1, 5];
    expect(median(values)).toBe(5);
    expect(values).toEqual([9, 1, 5]);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([10, 9, 100])).toBe(10);
  });

  it("gives the nearest rank of a percentile", () => {
    const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);
    expect(percentile(hundred, 0.5)).toBe(50);
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile([7], 0.99)).toBe(7);
  });

  it("shows how far pairs lie apart, and refuses none", () => {
    expect(spread([0.9, 1.4, 1])).toEqual({ min: 0.9, median: 1, max: 1.4 });
    expect(() => spread([])).toThrow("no pair was measured");
  });

  it("finds the growth in a noisy line and none where nothing moves", () => {
    expect(slope([0, 1, 2, 3].map((x) => ({ x, y: 100 + 2 * x + (x % 2 ? 0.1 : -0.1) })))).toBeCloseTo(
      2.04,
      5,
    );
    expect(
      slope([
        { x: 1, y: 5 },
        { x: 2, y: 5 },
      ]),
    ).toBe(0);
    expect(slope([{ x: 1, y: 5 }])).toBe(0);
  });
});
