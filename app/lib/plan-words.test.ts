import { expect, test } from "vitest";
import { planFacts } from "./plan-facts.ts";
import { meterQuantity, meterRate, metersOf, planGrants, planPrice } from "./plan-words.ts";

test("metered prices are said for the unit that people think in", () => {
  expect(meterRate("requests", 40)).toBe("$0.40 per million requests");
  expect(meterRate("megabytes", 5_000)).toBe("$0.05 per GB");
  expect(meterRate("tokens", 2)).toBe("$0.02 per million tokens");
  expect(meterRate("storage", 60)).toBe("$0.018 per GB-month");
  expect(meterRate("storage_writes", 500)).toBe("$5 per million backup writes");
});

test("quantities carry their unit", () => {
  expect(meterQuantity("requests", 2_000_000)).toBe("2 million requests");
  expect(meterQuantity("megabytes", 200_000)).toBe("200 GB");
  expect(meterQuantity("storage", 300_000)).toBe("10 GB-months of backups");
  expect(meterQuantity("storage_reads", 10_000_000)).toBe("10 million backup reads");
});

test("a plan without hubs says nothing of backups", () => {
  expect(metersOf(planFacts[0]!)).toEqual(["requests", "megabytes", "tokens"]);
  expect(metersOf(planFacts[1]!)).toContain("storage");
});

test("every plan says its price and for what it is", () => {
  expect(planFacts.map(planPrice)).toEqual([
    { amount: "$0", per: "no card needed" },
    { amount: "$19", per: "a month" },
    { amount: "$29", per: "per seat and month" },
  ]);
  expect(planGrants(planFacts[2]!)).toContain("Up to 50 people");
});
