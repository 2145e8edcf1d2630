import { expect, test } from "vitest";
import { noticeDue } from "./notice-due.ts";

const since = new Date("2026-11-21T12:00:00Z");
const at = (days: number) => new Date(since.getTime() + days * 86_400_000);
const due = (day: number, graceDays: number) =>
  noticeDue({ now: at(day), billingState: "ok", since, graceEndsAt: at(graceDays) });

test.each([
  [0, "payment_failed"],
  [2.99, "payment_failed"],
  [3, "payment_reminder"],
  [5.99, "payment_reminder"],
  [6, "grace_ending"],
  [7, "grace_ending"],
])("of seven days of grace, on day %d: %s", (day, notice) => {
  expect(due(day, 7)).toBe(notice);
});

test("a short grace has fewer mails: no reminder next to the last warning, no warning within a day", () => {
  expect([0, 3, 4].map((day) => due(day, 5))).toEqual(["payment_failed", "payment_failed", "grace_ending"]);
  expect([0, 0.9, 1].map((day) => due(day, 2))).toEqual(["payment_failed", "payment_failed", "grace_ending"]);
  expect([0, 0.9].map((day) => due(day, 1))).toEqual(["payment_failed", "payment_failed"]);
});

test("when it is unpaid nothing else counts, and without an end known it is the first mail", () => {
  expect(noticeDue({ now: since, billingState: "unpaid", since, graceEndsAt: null })).toBe("service_paused");
  expect(noticeDue({ now: at(9), billingState: "unpaid", since, graceEndsAt: at(7) })).toBe("service_paused");
  expect(noticeDue({ now: at(9), billingState: "ok", since, graceEndsAt: null })).toBe("payment_failed");
});
