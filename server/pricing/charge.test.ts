import fc from "fast-check";
import { expect, test } from "vitest";
import { plans } from "../plans.ts";
import { bucketPricesOf, chargeOf, costOf, forecastOf, meterNames, noTotals } from "./index.ts";

const plan = fc.constantFrom(...Object.values(plans));
const meter = fc.constantFrom(...meterNames);
const quantity = fc.oneof(
  fc.integer({ min: 0, max: 400_000_000 }),
  fc.integer({ min: 0, max: 999_999_999_999_999 }),
);

test("what is included costs nothing; what is above is priced by the million, half a cent up", () => {
  expect(chargeOf(plans.pro, "requests", 2_000_000)).toEqual({
    includedQuantity: 2_000_000,
    billableQuantity: 0,
    amountPicocents: 0n,
    amountCents: 0,
  });
  // 40 cents a million: 12,500 requests are half a cent.
  expect(chargeOf(plans.pro, "requests", 2_012_499).amountCents).toBe(0);
  expect(chargeOf(plans.pro, "requests", 2_012_500).amountCents).toBe(1);
  expect(chargeOf(plans.pro, "requests", 2_012_500).amountPicocents).toBe(500_000_000_000n);
  expect(chargeOf(plans.pro, "megabytes", 201_000).amountCents).toBe(5);
  expect(chargeOf(plans.team, "tokens", 1_250_000_000).amountCents).toBe(1_000);
});

test("a plan without a price for more charges nothing", () => {
  expect(chargeOf(plans.free, "tokens", 900_000_000)).toMatchObject({ billableQuantity: 0, amountCents: 0 });
});

test("a total below zero is invoiced as zero; a fraction is refused", () => {
  expect(chargeOf(plans.pro, "tokens", -5)).toMatchObject({ includedQuantity: 0, amountCents: 0 });
  expect(() => chargeOf(plans.pro, "tokens", 1.5)).toThrow(RangeError);
});

test("the cents are never more than half a cent from the exact amount, and more usage never costs less", () => {
  fc.assert(
    fc.property(plan, meter, quantity, fc.nat(1_000_000), (plan, meter, quantity, more) => {
      const charge = chargeOf(plan, meter, quantity);
      const off = BigInt(charge.amountCents) * 10n ** 12n - charge.amountPicocents;
      expect(off > -(10n ** 12n) / 2n && off <= 10n ** 12n / 2n).toBe(true);
      expect(chargeOf(plan, meter, quantity + more).amountPicocents >= charge.amountPicocents).toBe(true);
      if (plan.metered[meter].perMillionCents !== null)
        expect(charge.includedQuantity + charge.billableQuantity).toBe(quantity);
    }),
  );
});

test("backups are priced by the gigabyte and month, and not at all where there are no hubs", () => {
  expect(bucketPricesOf(plans.free)).toEqual([]);
  expect(bucketPricesOf(plans.pro)).toEqual([
    { meter: "storage", included: 10, unit: "GB-month", cents: 1.8, per: 1 },
    { meter: "storage_writes", included: 1_000_000, unit: "operation", cents: 500, per: 1_000_000 },
    { meter: "storage_reads", included: 10_000_000, unit: "operation", cents: 45, per: 1_000_000 },
  ]);
  // 20 GB for 30 days: 10 GB-months above the included.
  expect(chargeOf(plans.pro, "storage", 20_000 * 30).amountCents).toBe(18);
});

test("the cost of a period is the sum of its lines as they are rounded", () => {
  const cost = costOf(plans.pro, {
    requests: 2_012_500,
    megabytes: 200_100,
    tokens: 50_250_000,
    storage: 330_000,
    storage_writes: 1_100_000,
    storage_reads: 10_000_000,
  });
  expect(meterNames.map((meter) => cost.meters[meter].amountCents)).toEqual([1, 1, 1, 2, 50, 0]);
  expect(cost.meteredCents).toBe(55);
});

test("the forecast is a straight line, silent in the first hour, and the truth at the end", () => {
  const period = { start: new Date("2026-11-01T00:00:00Z"), end: new Date("2026-12-01T00:00:00Z") };
  const totals = { ...noTotals(), requests: 100, megabytes: 7, tokens: 999_999_999_999_999 };
  expect(forecastOf(period, totals, new Date("2026-11-01T00:59:59Z"))).toBeNull();
  expect(forecastOf(period, totals, new Date("2026-11-11T00:00:00Z"))).toMatchObject({
    requests: 300,
    megabytes: 21,
  });
  expect(forecastOf(period, totals, new Date("2026-12-05T00:00:00Z"))).toEqual(totals);
});
