import { expect, test } from "vitest";
import { plans } from "../../server/plans.ts";
import { planFacts } from "./plan-facts.ts";

test("the landing page lists every plan, and says of it what the server enforces and charges", () => {
  expect(planFacts.map(({ name }) => name)).toEqual(Object.keys(plans));
  for (const { limits, ...facts } of planFacts) {
    expect(plans[facts.name]).toMatchObject({ ...facts, ...limits });
  }
});
