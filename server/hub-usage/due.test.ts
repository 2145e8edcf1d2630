import { expect, test } from "vitest";
import { dueDays, spanOf } from "./due.ts";

const at = (text: string) => new Date(text);
const now = at("2026-11-21T10:00:00Z");
const life = { createdAt: at("2026-11-18T09:00:00Z"), deletedAt: null };
const due = (fetched: Record<string, string>, of = life as Parameters<typeof dueDays>[0]) =>
  dueDays(of, new Map(Object.entries(fetched).map(([day, time]) => [day, at(time)])), now);

test("all days since a bucket was made are due once, none from before", () => {
  expect(due({})).toEqual({ due: ["2026-11-18", "2026-11-19", "2026-11-20", "2026-11-21"], lost: [] });
});

test("a day that is over is final once it was asked for an hour after its end; until then it is asked for hourly", () => {
  const done = { "2026-11-18": "2026-11-19T01:00:00Z", "2026-11-19": "2026-11-20T05:00:00Z" };
  expect(
    due({ ...done, "2026-11-20": "2026-11-21T00:59:00Z", "2026-11-21": "2026-11-21T09:05:00Z" }).due,
  ).toEqual(["2026-11-20", "2026-11-21"]);
  expect(
    due({ ...done, "2026-11-20": "2026-11-21T01:00:00Z", "2026-11-21": "2026-11-21T09:06:00Z" }).due,
  ).toEqual([]);
});

test("a deleted bucket ends with the day it was deleted on", () => {
  const deleted = { ...life, deletedAt: at("2026-11-19T23:00:00Z") };
  expect(due({}, deleted).due).toEqual(["2026-11-18", "2026-11-19"]);
  expect(
    due({ "2026-11-18": "2026-11-19T00:00:00Z", "2026-11-19": "2026-11-20T01:00:00Z" }, deleted).due,
  ).toEqual(["2026-11-18"]);
});

test("Cloudflare remembers 31 days; what was never asked for before that is lost, and named", () => {
  const old = { createdAt: at("2026-10-19T12:00:00Z"), deletedAt: null };
  const found = due({ "2026-10-20": "2026-10-21T03:00:00Z" }, old);
  expect(found.lost).toEqual(["2026-10-19", "2026-10-21"]);
  expect([found.due[0], found.due.length]).toEqual(["2026-10-22", 31]);
});

test("a day is of UTC and ends where the next begins", () => {
  expect(spanOf("2028-02-29")).toEqual({ from: at("2028-02-29T00:00:00Z"), to: at("2028-03-01T00:00:00Z") });
});
