import { expect, test } from "vitest";
import { dayInWords, moneyInWords } from "./words.ts";

test("a day is the one in UTC", () => {
  expect(dayInWords(new Date("2026-11-28T23:59:59Z"))).toBe("28 November 2026");
});

test("money is in whole smallest units, however many of them make one", () => {
  expect(moneyInWords(1900, "usd")).toBe("$19.00");
  expect(moneyInWords(1900, "jpy")).toBe("¥1,900");
  expect(moneyInWords(5, "eur")).toBe("€0.05");
});
