import { expect, it } from "vitest";
import { BurstCollector } from "./burst-collector.ts";

it("collects once, when no link has come for 5 s after 1,000 new ones", () => {
  const collected: number[] = [];
  let now = 0;
  const collector = new BurstCollector(() => collected.push(now));
  const acceptedAt = (second: number) => (second < 10 ? 999 : Math.min(second * 100, 2_000));
  for (let second = 1; second <= 60; second++) {
    now = second * 1_000;
    collector.tick(acceptedAt(second), now);
  }
  expect(collected).toEqual([25_000]);
});
