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
  expect(retryDelayMs(100, 0)).toBeCloseTo(0.4 * MAX_DELAY_MS);
  expect(retryDelayMs(100, 0.999_999)).toBeCloseTo(MAX_DELAY_MS, -2);
});

/** Moments after the return of a relay, sorted, at which connectors that lost it together ask again, ms. */
function returns(connectors: number, awayMs: number, random: () => number): number[] {
  return Array.from({ length: connectors }, () => {
    let at = 0;
    for (let attempt = 0; at < awayMs; attempt++) at += retryDelayMs(attempt, random());
    return at - awayMs;
  }).sort((a, b) => a - b);
}

test.each([300, 1_000, 3_000, 10_000, 20_000])(
  "200 connectors of a relay that was away for %i ms are back within 1.2 s, and not all in the same 100 ms",
  (awayMs) => {
    let seed = awayMs;
    const random = () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed / 2_147_483_648;
    };
    const moments = returns(200, awayMs, random);
    expect(moments.at(-1)).toBeLessThan(1_200);
    for (const from of moments) {
      expect(moments.filter((at) => at >= from && at < from + 100).length).toBeLessThan(100);
    }
  },
);
