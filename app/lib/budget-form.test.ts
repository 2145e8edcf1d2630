import { describe, expect, test } from "vitest";
import { budgetLimit, budgetValues, readBudgetForm } from "./budget-form.ts";

describe("the limit of a budget, as it is typed", () => {
  test.each([
    ["tokens", "1000000", 1_000_000],
    ["tokens", "1,000,000", 1_000_000],
    ["requests", "1\u202f000", 1_000],
    ["cents", "20", 2_000],
    ["cents", "$20.50", 2_050],
    ["cents", "1,234.5", 123_450],
    ["cents", "0.01", 1],
    ["tokens", "1000000000000", 1_000_000_000_000],
  ] as const)("%s: %s", (metric, limit, value) => {
    expect(budgetLimit({ metric, limit })).toEqual({ limit: value, problem: null });
  });

  test.each([
    ["tokens", ""],
    ["tokens", "0"],
    ["tokens", "1.5"],
    ["tokens", "$5"],
    ["tokens", "-5"],
    ["requests", "many"],
    ["requests", "1000000000001"],
    ["cents", "12,50"],
    ["cents", "0.00"],
    ["cents", "0.005"],
    ["cents", "20 EUR"],
    ["cents", "10000000000.01"],
  ] as const)("%s: %s is refused beside the field", (metric, limit) => {
    expect(budgetLimit({ metric, limit })).toMatchObject({ limit: null, problem: { field: "limit" } });
  });
});

test("what the form was sent with is what it shows again; what it does not know is its first choice", () => {
  const form = new FormData();
  for (const [name, value] of Object.entries({ accessKeyId: "key_1", metric: "cents", period: "month" }))
    form.set(name, value);
  form.set("limit", " 12,5 ");
  form.set("hard", "no");
  expect(readBudgetForm(form)).toEqual({
    accessKeyId: "key_1",
    metric: "cents",
    period: "month",
    limit: "12,5",
    hard: false,
  });
  form.set("metric", "toString");
  form.set("period", "year");
  expect(readBudgetForm(form)).toMatchObject({ metric: "tokens", period: "day" });
});

test("a budget of money is changed in dollars", () => {
  const budget = {
    id: "bud_1",
    accessKeyId: null,
    accessKeyName: null,
    metric: "cents",
    period: "month",
    limit: 2_005,
    hard: true,
    used: 0,
    periodStart: "2026-11-01T00:00:00.000Z",
    resetsAt: "2026-12-01T00:00:00.000Z",
  } as const;
  const values = budgetValues(budget);
  expect(values).toMatchObject({ accessKeyId: "", limit: "20.05", hard: true });
  expect(budgetLimit(values).limit).toBe(budget.limit);
});
