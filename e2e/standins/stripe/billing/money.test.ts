import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Price, Tier } from "../core/objects.ts";
import { exactCents, roundCents, shareOf, tierShares } from "./money.ts";
import { boundary, periodAt } from "./period.ts";

const tier = (up_to: number | null, unit: string, flat = "0"): Tier => ({
  flat_amount: null,
  flat_amount_decimal: flat,
  unit_amount: null,
  unit_amount_decimal: unit,
  up_to,
});
const priceOf = (tiers: Tier[], tiers_mode: "graduated" | "volume" = "graduated") =>
  ({ _tiers: tiers, tiers_mode }) as unknown as Price;

describe("graduated tiers", () => {
  test("fill up one after the other", () => {
    const price = priceOf([tier(10, "0"), tier(20, "5", "100"), tier(null, "1")]);
    const amounts = (quantity: bigint) =>
      tierShares(price, quantity).map(({ quantity, exact }) => [Number(quantity), roundCents(exact)]);
    expect(amounts(0n)).toEqual([[0, 0]]);
    expect(amounts(10n)).toEqual([[10, 0]]);
    expect(amounts(11n)).toEqual([
      [10, 0],
      [1, 105],
    ]);
    expect(amounts(25n)).toEqual([
      [10, 0],
      [10, 150],
      [5, 5],
    ]);
  });

  test("take all of a quantity, each unit at its own tier's price, exactly, up to 15 digits", () => {
    const tiers = fc
      .array(
        fc.record({
          width: fc.integer({ min: 1, max: 1_000_000 }),
          unit: fc.integer({ min: 0, max: 10 ** 9 }),
        }),
        { minLength: 1, maxLength: 5 },
      )
      .map((steps) => {
        let bound = 0;
        return steps.map(({ width, unit }, at) => {
          bound += width;
          const decimal = `${Math.floor(unit / 1000)}.${String(unit % 1000).padStart(3, "0")}`;
          return { tier: tier(at === steps.length - 1 ? null : bound, decimal), milli: BigInt(unit), bound };
        });
      });
    fc.assert(
      fc.property(tiers, fc.bigInt({ min: 0n, max: 999_999_999_999_999n }), (steps, quantity) => {
        const shares = tierShares(priceOf(steps.map((step) => step.tier)), quantity);
        expect(shares.reduce((sum, share) => sum + share.quantity, 0n)).toBe(quantity);
        // The same by another road: the price of everything below each bound, in thousandths of a cent.
        let below = 0n;
        let expected = 0n;
        for (const [at, { milli, bound }] of steps.entries()) {
          const top = at === steps.length - 1 ? quantity : BigInt(Math.min(bound, Number(quantity)));
          if (top > below) expected += (top - below) * milli;
          below = top > below ? top : below;
        }
        expect(shares.reduce((sum, share) => sum + share.exact, 0n)).toBe(expected * 10n ** 9n);
      }),
    );
  });

  test("cost never less for more", () => {
    const price = priceOf([tier(1000, "0"), tier(null, "0.002")]);
    const cents = (quantity: bigint) =>
      roundCents(tierShares(price, quantity).reduce((sum, { exact }) => sum + exact, 0n));
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 12n }),
        fc.bigInt({ min: 0n, max: 10n ** 6n }),
        (a, b) => cents(a + b) >= cents(a),
      ),
    );
  });
});

test("volume takes the one tier that holds all", () => {
  const [share] = tierShares(priceOf([tier(10, "5"), tier(null, "3")], "volume"), 11n);
  expect([share!.number, roundCents(share!.exact)]).toEqual([2, 33]);
});

test("a half cent goes away from zero, credits like charges", () => {
  expect(["0.5", "0.4999", "-0.5", "1.5", "-1.4"].map((text) => roundCents(exactCents(text)))).toEqual([
    1, 0, -1, 2, -1,
  ]);
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 10 ** 9 }),
      fc.integer({ min: 0, max: 10 ** 6 }),
      fc.integer({ min: 1, max: 10 ** 6 }),
      (amount, part, whole) => {
        expect(shareOf(-amount, part, whole) + shareOf(amount, part, whole)).toBe(0);
      },
    ),
  );
});

describe("periods", () => {
  const month = { interval: "month", interval_count: 1 } as const;
  const at = (text: string) => Date.parse(text) / 1000;

  test("keep the anchor's day, or take the month's last", () => {
    const anchor = at("2026-01-31T10:30:00Z");
    const days = [1, 2, 3, 12, 25].map((n) => new Date(boundary(anchor, month, n) * 1000).toISOString());
    expect(days.map((day) => day.slice(0, 16))).toEqual([
      "2026-02-28T10:30",
      "2026-03-31T10:30",
      "2026-04-30T10:30",
      "2027-01-31T10:30",
      "2028-02-29T10:30",
    ]);
  });

  test("follow each other without gap or overlap, and the one around a time holds it", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: at("2020-01-01"), max: at("2030-01-01") }),
        fc.integer({ min: -3 * 10 ** 8, max: 3 * 10 ** 8 }),
        (anchor, away) => {
          const { start, end } = periodAt(anchor, month, anchor + away);
          expect(start <= anchor + away && anchor + away < end).toBe(true);
          expect(periodAt(anchor, month, end).start).toBe(end);
        },
      ),
    );
  });
});
