import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_DELAY_MS, retryDelayMs } from "./backoff.ts";

const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("the first retry comes after 100 to 250 ms", () => {
  fc.assert(
    fc.property(unit, (random) => {
      const delay = retryDelayMs(0, random);
      expect(delay).toBeGreaterThanOrEqual(100);
      expect(delay).toBeLessThan(250);
    }),
  );
});

test("waits grow, stay spread over at least a factor of two, and never pass the cap", () => {
  fc.assert(
    fc.property(fc.nat(10_000), unit, (attempt, random) => {
      expect(retryDelayMs(attempt, random)).toBeLessThanOrEqual(MAX_DELAY_MS);
      expect(retryDelayMs(attempt + 1, random)).toBeGreaterThanOrEqual(retryDelayMs(attempt, random));
      const spread = retryDelayMs(attempt, 0.999_999) / retryDelayMs(attempt, 0);
      expect(spread).toBeGreaterThanOrEqual(1.99);
    }),
  );
});

test("the cap is reached", () => {
  expect(retryDelayMs(100, 0)).toBe(MAX_DELAY_MS / 2);
  expect(retryDelayMs(100, 0.999_999)).toBeCloseTo(MAX_DELAY_MS, -2);
});
