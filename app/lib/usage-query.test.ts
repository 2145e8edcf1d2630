import { expect, test } from "vitest";
import { bucketsFor, readUsageQuery, usageRange, usageSearch } from "./usage-query.ts";

const period = { start: "2026-11-05T10:00:00.000Z", end: "2026-12-05T10:00:00.000Z" };
const now = new Date("2026-11-20T23:30:00Z");
const rangeOf = (search: string) => usageRange(readUsageQuery(new URLSearchParams(search)), period, now);

test.each([
  ["", period.start, period.end],
  ["period=24h", "2026-11-20T00:00:00.000Z", "2026-11-21T00:00:00.000Z"],
  ["period=7d", "2026-11-14", "2026-11-21"],
  ["period=7d&tz=Europe/Berlin", "2026-11-15", "2026-11-22"],
  ["period=90d", "2026-08-23", "2026-11-21"],
  ["period=12m", "2025-12-01", "2026-12-01"],
  ["from=2026-02-28&to=2026-02-28", "2026-02-28", "2026-03-01"],
  ["from=2026-11-05T10:00:00Z&to=2026-12-05T10:00:00Z", "2026-11-05T10:00:00Z", "2026-12-05T10:00:00Z"],
  ["period=7d&tz=Mars", "2026-11-14", "2026-11-21"],
])("%j is from %s to %s", (search, from, to) => {
  expect(rangeOf(search)).toEqual({ from, to });
});

test("what an address says wrongly counts as not said", () => {
  const query = readUsageQuery(new URLSearchParams("period=ever&by=colour&metric=money&bucket=week&from=x"));
  expect(query).toEqual(readUsageQuery(new URLSearchParams()));
  expect(readUsageQuery(new URLSearchParams("period=custom")).period).toBe("current");
});

test.each([
  "",
  "?period=7d&by=model&metric=tokens&endpoint=acme&key=%28none%29&model=a%2Fb&tz=Europe%2FBerlin",
  "?from=2026-01-01&to=2026-01-31&bucket=hour",
])("%j comes back as it was", (search) => {
  expect(usageSearch(readUsageQuery(new URLSearchParams(search)))).toBe(search);
});

test("a bucket is offered only where the procedures take it", () => {
  const of = (from: string, to: string, zone = "UTC") => bucketsFor({ from, to }, zone);
  expect(of("2026-11-20", "2026-11-21")).toEqual(["hour"]);
  expect(of("2026-11-07", "2026-11-21")).toEqual(["day", "hour"]);
  expect(of("2026-11-01", "2026-12-01")).toEqual(["day"]);
  expect(of("2026-08-23", "2026-11-21")).toEqual(["day", "month"]);
  expect(of("2025-12-01", "2026-12-01")).toEqual(["month"]);
  expect(of("2026-08-23", "2026-11-21", "Europe/Berlin")).toEqual(["month"]);
});
