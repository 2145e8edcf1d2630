import { expect, it } from "vitest";
import { RelayClock } from "./clock.ts";

const DAY = 86_400_000;

function makeClock(wall: number, postgres: number | Error) {
  const state = { monotonic: 500.25, wall, postgres, answerMs: 4, corrections: [] as number[] };
  const clock = new RelayClock({
    monotonic: () => state.monotonic,
    wall: () => state.wall,
    async ask() {
      const half = state.answerMs / 2;
      state.monotonic += half;
      if (state.postgres instanceof Error) throw state.postgres;
      const time = state.postgres;
      state.monotonic += half;
      return time;
    },
    onCorrected: (byMs) => state.corrections.push(byMs),
  });
  return { clock, state };
}

it("counts on whatever the machine's clock is set to, in whole milliseconds", async () => {
  const { clock, state } = makeClock(1_000_000, 1_000_002);
  for (const step of [40 * DAY, -3_600_000]) {
    state.wall += step;
    state.monotonic += 1.5;
    await clock.follow();
  }
  expect(clock.now()).toBe(1_000_011);
  expect(state.corrections).toEqual([]);
});

it.each([
  ["40 days ahead", 40 * DAY],
  ["an hour behind", -3_600_000],
])("follows Postgres when the machine was %s from the start", async (_name, wrongBy) => {
  const { clock, state } = makeClock(1_800_000_000_000 + wrongBy, 1_800_000_000_000);
  await clock.follow();
  expect(clock.now()).toBe(1_800_000_000_002);
  expect(state.corrections).toHaveLength(1);
  expect(Math.abs(state.corrections[0]! + wrongBy)).toBeLessThan(10);
});

it("believes no answer that was long on its way, and counts on without one", async () => {
  const { clock, state } = makeClock(1_000_000, 9_000_000);
  state.answerMs = 3_000;
  await clock.follow();
  expect(clock.now()).toBe(1_003_000);
  state.postgres = new Error("down");
  await expect(clock.follow()).rejects.toThrow("down");
  expect(clock.now()).toBeLessThan(1_010_000);
  expect(state.corrections).toEqual([]);
});
