import { expect, test } from "vitest";
import { formatInstant, formatRelative } from "./time.ts";

const now = Date.parse("2026-11-20T14:00:00.000Z");
const before = (milliseconds: number) => new Date(now - milliseconds);

test("an instant is written in UTC, whatever the zone of the process", () => {
  expect(formatInstant("2026-11-20T23:59:59.999+02:00")).toBe("2026-11-20 21:59 UTC");
});

test.each([
  [0, "just now"],
  [4_999, "just now"],
  [12_000, "12 s ago"],
  [61_000, "1 min ago"],
  [3 * 3_600_000, "3 h ago"],
  [25 * 3_600_000, "1 day ago"],
  [59 * 86_400_000, "59 days ago"],
  [61 * 86_400_000, "2 months ago"],
  [-6 * 86_400_000, "in 6 days"],
])("%d ms before now is %s", (milliseconds, text) => {
  expect(formatRelative(before(milliseconds), now)).toBe(text);
});
