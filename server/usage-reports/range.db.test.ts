import { expect, test } from "vitest";
import { createTenant, createTestDb } from "../../db/testing/index.ts";
import { ownerContext } from "../testing/api.ts";
import { getUsageSeries } from "./index.ts";
import type { UsageSeriesInput } from "./schemas.ts";

const { db } = await createTestDb();
const ctx = ownerContext(db, await createTenant(db));

async function bucketsOf(input: UsageSeriesInput) {
  const { buckets } = await getUsageSeries({ ctx, input });
  return buckets.map(({ start, end }) => [start, (Date.parse(end) - Date.parse(start)) / 3_600_000]);
}

test.each([
  ["Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00.000Z", 23],
  ["Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00.000Z", 25],
  ["America/New_York", "2026-03-08", "2026-03-08T05:00:00.000Z", 23],
  ["America/New_York", "2026-11-01", "2026-11-01T04:00:00.000Z", 25],
  ["UTC", "2026-10-25", "2026-10-25T00:00:00.000Z", 24],
])("in %s, %s starts at %s and has %i hours", async (timeZone, day, start, hours) => {
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + 2 * 86_400_000).toISOString().slice(0, 10);
  const [first, second] = await bucketsOf({ from: day, to: next, bucket: "day", timeZone });
  expect(first).toEqual([start, hours]);
  expect(second![1]).toBe(24);
});

test("the hours of a day with 25 of them are 25, each once", async () => {
  const buckets = await bucketsOf({
    from: "2026-10-25",
    to: "2026-10-26",
    bucket: "hour",
    timeZone: "Europe/Berlin",
  });
  expect(buckets).toHaveLength(25);
  expect(new Set(buckets.map(([start]) => start)).size).toBe(25);
});

test("a midnight that the clock skips is where the day starts all the same", async () => {
  // Beirut goes from 23:59 to 01:00.
  const buckets = await bucketsOf({
    from: "2026-03-28",
    to: "2026-03-31",
    bucket: "day",
    timeZone: "Asia/Beirut",
  });
  expect(buckets).toEqual([
    ["2026-03-27T22:00:00.000Z", 24],
    ["2026-03-28T22:00:00.000Z", 23],
    ["2026-03-29T21:00:00.000Z", 24],
  ]);
});

test("months are those of the zone, February of a leap year too, and the ends of the range are kept", async () => {
  expect(
    await bucketsOf({ from: "2028-01-31T10:00:00Z", to: "2028-03-02T00:00:00Z", bucket: "month" }),
  ).toEqual([
    ["2028-01-31T10:00:00.000Z", 14],
    ["2028-02-01T00:00:00.000Z", 29 * 24],
    ["2028-03-01T00:00:00.000Z", 24],
  ]);
  const [first, second] = await bucketsOf({
    from: "2026-10-01",
    to: "2026-12-01",
    bucket: "month",
    timeZone: "Europe/Berlin",
  });
  expect(first).toEqual(["2026-09-30T22:00:00.000Z", 31 * 24 + 1]);
  expect(second).toEqual(["2026-10-31T23:00:00.000Z", 30 * 24]);
});

test.each([
  [{ from: "2026-10-02", to: "2026-10-02" }, "invalid_range"],
  [{ from: "2026-10-02", to: "yesterday" }, "invalid_range"],
  [{ from: "2026-02-30", to: "2026-03-30", timeZone: "Europe/Berlin" }, "invalid_range"],
  [{ from: "0001-01-01", to: "2026-10-02" }, "invalid_range"],
  [{ from: "2026-01-01", to: "2026-02-03", bucket: "hour" }, "range_too_long"],
  [{ from: "2025-01-01", to: "2026-06-01", bucket: "day" }, "range_too_long"],
  [{ from: "2026-01-01", to: "2026-06-01", bucket: "day", timeZone: "Europe/Berlin" }, "range_too_long"],
  [{ from: "2020-01-01", to: "2026-06-01", bucket: "month" }, "range_too_long"],
  [{ from: "2026-01-01", to: "2026-01-02", timeZone: "+02:00" }, "invalid_time_zone"],
  [{ from: "2026-01-01", to: "2026-01-02", timeZone: "Mars/Olympus" }, "invalid_time_zone"],
  [{ from: "2026-01-01", to: "2026-01-02", metrics: "requests,money" }, "invalid_metric"],
] as const)("%j is refused with %s", async (input, code) => {
  await expect(getUsageSeries({ ctx, input })).rejects.toMatchObject({ code });
});

test("a year by the day in UTC, and a billing period of any zone, are answered", async () => {
  expect(await bucketsOf({ from: "2025-11-21", to: "2026-11-21" })).toHaveLength(365);
  expect(await bucketsOf({ from: "2026-10-21", to: "2026-11-21", timeZone: "Asia/Kolkata" })).toHaveLength(
    31,
  );
});
