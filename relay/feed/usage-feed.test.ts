import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { PushReport } from "../../server/ledger/index.ts";
import type { Log } from "../log.ts";
import { UsageFeed } from "./usage-feed.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const nothing: PushReport = {
  tenants: 1,
  busy: 0,
  sent: 0,
  rejected: 0,
  unsettled: 0,
  closed: 0,
  carried: 0,
  failed: 0,
};
const lines: string[] = [];
const write = (_fields: object, message: string) => void lines.push(message);
const log = { info: write, warn: write, error: write } as unknown as Log;
beforeEach(() => void lines.splice(0));

function feedOf(push: (scope: string) => Promise<PushReport>, oldest: Date | null = null) {
  const calls: string[] = [];
  const feed = new UsageFeed({
    push: (scope) => {
      calls.push(scope);
      return push(scope);
    },
    oldestPending: async () => oldest,
    everyMs: 300_000,
    log,
  });
  return { feed, calls };
}

test("all tenants every five minutes, ends of periods every minute", async () => {
  const { feed, calls } = feedOf(async () => ({ ...nothing, sent: 2 }));
  feed.start();
  await vi.advanceTimersByTimeAsync(1_200_000);
  expect(calls.filter((scope) => scope === "all").length).toBeGreaterThanOrEqual(4);
  expect(calls.filter((scope) => scope === "all").length).toBeLessThanOrEqual(6);
  expect(calls.length).toBeGreaterThanOrEqual(18);
  expect(feed.state().sent).toBe(2 * calls.length);
  await feed.stop(1_000);
});

test("an outage is counted and outlived", async () => {
  let isAway = true;
  const { feed, calls } = feedOf(async () => {
    if (isAway) throw new Error("no Postgres");
    return { ...nothing, failed: 0 };
  });
  feed.start();
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(feed.state()).toMatchObject({ failures: calls.length });
  expect(feed.state().lastSuccessSeconds).toBeGreaterThan(3_500);
  isAway = false;
  await vi.advanceTimersByTimeAsync(400_000);
  expect(feed.state().lastSuccessSeconds).toBeLessThan(400);
  expect(new Set(lines)).toEqual(new Set(["usage not fed to Stripe, trying again"]));
  await feed.stop(1_000);
});

test("the age of the oldest report without an outcome shows", async () => {
  const { feed } = feedOf(async () => nothing, new Date(Date.now() - 90_000));
  expect(feed.state().oldestUnsettledSeconds).toBe(0);
  await feed.stop(1_000);
  expect(Math.round(feed.state().oldestUnsettledSeconds)).toBe(90);
});

test("stopping pushes once more, and not for longer than it may", async () => {
  const { feed, calls } = feedOf(async () => nothing);
  await feed.stop(1_000);
  expect(calls).toEqual(["all"]);
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(calls).toEqual(["all"]);

  const stuck = feedOf(() => new Promise(() => undefined));
  const stopped = stuck.feed.stop(5_000);
  expect(stuck.feed.hasTime(4_000)).toBe(true);
  await vi.advanceTimersByTimeAsync(5_000);
  await stopped;
  expect(stuck.feed.hasTime(0)).toBe(false);
});
