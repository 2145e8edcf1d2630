import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { PlanName, PlanSource } from "../../db/schema/index.ts";
import { type PresentStanding, type StandingOptions, standingOf } from "./index.ts";

const now = new Date("2026-11-21T12:00:00Z");
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);
const inDays = (days: number) => daysAgo(-days);
const onPro: PresentStanding = { plan: "pro", billingState: "ok", graceEndsAt: null };
const options = (given: Partial<StandingOptions> = {}): StandingOptions => ({
  now,
  graceDays: 7,
  planSource: "subscription",
  present: onPro,
  ...given,
});
const subscription = (status: string, given: { plan?: PlanName | null; past_due_since?: Date } = {}) => ({
  status,
  plan: "team" as PlanName | null,
  past_due_since: null,
  ...given,
});
const team = { plan: "team", planSource: "subscription" };
const free = { plan: "free", planSource: "default", billingState: "ok", graceEndsAt: null };

describe("paid for", () => {
  test.each(["trialing", "active"])("%s: its plan, served, no grace is left over", (status) => {
    const present: PresentStanding = { plan: "free", billingState: "unpaid", graceEndsAt: daysAgo(1) };
    expect(standingOf(subscription(status), options({ present, planSource: "default" }))).toEqual({
      ...team,
      billingState: "ok",
      graceEndsAt: null,
    });
  });
});

describe("past_due", () => {
  const pastDue = (past_due_since: Date) => subscription("past_due", { past_due_since });

  it("serves for the days of grace, counted from the first failure", () => {
    expect(standingOf(pastDue(daysAgo(3)), options())).toEqual({
      ...team,
      billingState: "ok",
      graceEndsAt: inDays(4),
    });
  });

  it("is unpaid from the very millisecond on which the grace ends", () => {
    const since = daysAgo(7);
    expect(standingOf(pastDue(since), options())).toMatchObject({ billingState: "unpaid", graceEndsAt: now });
    const before = options({ now: new Date(now.getTime() - 1) });
    expect(standingOf(pastDue(since), before)).toMatchObject({ billingState: "ok", graceEndsAt: now });
  });

  it("without days of grace is unpaid at once", () => {
    expect(standingOf(pastDue(now), options({ graceDays: 0 }))).toMatchObject({ billingState: "unpaid" });
  });

  it("keeps the end that it had when nobody knows since when, and else starts now", () => {
    const present = { ...onPro, graceEndsAt: inDays(2) };
    expect(standingOf(subscription("past_due"), options({ present })).graceEndsAt).toEqual(inDays(2));
    expect(standingOf(subscription("past_due"), options()).graceEndsAt).toEqual(inDays(7));
  });
});

describe("not served", () => {
  test.each(["unpaid", "paused"])("%s: at once, whatever grace there was; the plan stays", (status) => {
    const present = { ...onPro, graceEndsAt: inDays(5) };
    expect(standingOf(subscription(status), options({ present }))).toEqual({
      ...team,
      billingState: "unpaid",
      graceEndsAt: null,
    });
  });
});

describe("nothing that lives", () => {
  const ended = [null, ...["canceled", "incomplete_expired", "incomplete"].map((s) => subscription(s))];

  test.each(ended)("%j: the free plan, served, also out of being unpaid", (given) => {
    const present: PresentStanding = { plan: "pro", billingState: "unpaid", graceEndsAt: daysAgo(3) };
    expect(standingOf(given, options({ present }))).toEqual(free);
    expect(standingOf(given, options({ present, planSource: "default" }))).toEqual(free);
  });

  test.each(ended)("%j: a plan given by an operator stays", (given) => {
    expect(standingOf(given, options({ planSource: "operator" }))).toEqual({
      plan: "pro",
      planSource: "operator",
      billingState: "ok",
      graceEndsAt: null,
    });
  });
});

it("a subscription that lives takes over from an operator", () => {
  expect(standingOf(subscription("active"), options({ planSource: "operator" }))).toMatchObject(team);
});

it("prices that are none of ours change no plan, only whether it is paid", () => {
  const unknown = (status: string) => subscription(status, { plan: null });
  for (const planSource of ["default", "subscription", "operator"] as const) {
    expect(standingOf(unknown("active"), options({ planSource }))).toMatchObject({ plan: "pro", planSource });
    expect(standingOf(unknown("unpaid"), options({ planSource }))).toMatchObject({
      plan: "pro",
      planSource,
      billingState: "unpaid",
    });
  }
});

it("a status that Stripe adds one day changes nothing", () => {
  const present: PresentStanding = { plan: "pro", billingState: "unpaid", graceEndsAt: daysAgo(1) };
  expect(standingOf(subscription("hibernating"), options({ present }))).toEqual({
    ...present,
    planSource: "subscription",
  });
});

const plan = fc.constantFrom<PlanName>("free", "pro", "team");
const date = fc.integer({ min: -40, max: 40 }).map(inDays);
const anySubscription = fc.option(
  fc.record({
    status: fc.oneof(
      fc.constantFrom("trialing", "active", "past_due", "unpaid", "paused"),
      fc.constantFrom("canceled", "incomplete", "incomplete_expired"),
      fc.string(),
    ),
    plan: fc.option(plan),
    past_due_since: fc.option(date),
  }),
);
const anyOptions = fc.record({
  now: date,
  graceDays: fc.integer({ min: 0, max: 60 }),
  planSource: fc.constantFrom<PlanSource>("default", "subscription", "operator"),
  present: fc.record({
    plan,
    billingState: fc.constantFrom("ok" as const, "unpaid" as const),
    graceEndsAt: fc.option(date),
  }),
});

it("asked again with its own answer, says the same: a sync may be repeated", () => {
  fc.assert(
    fc.property(anySubscription, anyOptions, (given, first) => {
      const once = standingOf(given, first);
      const { planSource, ...present } = once;
      expect(standingOf(given, { ...first, planSource, present })).toEqual(once);
    }),
  );
});

it("as time passes a past_due subscription only ever turns from served to unpaid", () => {
  fc.assert(
    fc.property(date, anyOptions, fc.integer({ min: 0, max: 90 }), (since, first, days) => {
      const given = subscription("past_due", { past_due_since: since });
      const early = standingOf(given, first);
      const late = standingOf(given, { ...first, now: new Date(first.now.getTime() + days * 86_400_000) });
      expect(late.graceEndsAt).toEqual(early.graceEndsAt);
      if (early.billingState === "unpaid") expect(late.billingState).toBe("unpaid");
    }),
  );
});
