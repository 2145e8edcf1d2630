import { expect, test } from "vitest";
import { runTrial } from "./testing/trial.ts";

// 10,000 of them: npm run ledger:trials
test("against a hostile Stripe every invoice equals the ledger, in 1,000 of 1,000 seeded trials", async () => {
  const sum = { invoices: 0, crashes: 0, carried: 0 };
  for (let seed = 1; seed <= 1_000; seed++) {
    const result = await runTrial(seed);
    expect(result.problems, `seed ${seed}`).toEqual([]);
    for (const key of ["invoices", "crashes", "carried"] as const) sum[key] += result[key];
  }
  // The trials are what they say they are.
  expect(sum.invoices).toBeGreaterThan(1_000);
  expect(sum.crashes).toBeGreaterThan(100);
  expect(sum.carried).toBeGreaterThan(100);
}, 60_000);

test("usage that is there in time is on its own invoice, however often calls fail and processes die", async () => {
  for (let seed = 1; seed <= 500; seed++) {
    const result = await runTrial(seed, "prompt");
    expect(result.problems, `seed ${seed}`).toEqual([]);
    expect(result.carried, `seed ${seed}`).toBe(0);
  }
}, 60_000);

test("on calm days nothing is different", async () => {
  for (let seed = 1; seed <= 200; seed++) {
    const result = await runTrial(seed, "calm");
    expect(result.problems, `seed ${seed}`).toEqual([]);
  }
}, 60_000);

test("a seed brings a trial back", async () => {
  expect(await runTrial(4)).toEqual(await runTrial(4));
});
