import { expect, test } from "vitest";
import { createBrake } from "./brake.ts";

test("a window's calls are counted, and the next one waits until the oldest is out of it", () => {
  let now = 1_000;
  const brake = createBrake({ limit: 2, windowMs: 100, now: () => now });
  expect([brake.take(), brake.take()]).toEqual([0, 0]);
  now += 40;
  expect([brake.take(), brake.used()]).toEqual([60, 2]);
  now += 60;
  expect([brake.take(), brake.used()]).toEqual([0, 1]);
});

test("a block holds for all, the longer one counts, and it passes", () => {
  let now = 0;
  const brake = createBrake({ now: () => now });
  brake.block(500);
  brake.block(100);
  expect([brake.take(), brake.blockedMs()]).toEqual([500, 500]);
  now = 500;
  expect([brake.take(), brake.blockedMs()]).toEqual([0, 0]);
});
