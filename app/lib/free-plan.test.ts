import { expect, test } from "vitest";
import { plans } from "../../server/plans.ts";
import { freePlan } from "./free-plan.ts";

test("the landing page says of the free plan what the server enforces", () => {
  expect(plans.free).toMatchObject(freePlan);
});
