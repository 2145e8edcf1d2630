import { expect, test } from "vitest";
import { RecentUsageList } from "./recent-usage.ts";

const add = (list: RecentUsageList, seq: number, hour = 0) => list.add(seq, hour, null, 1, 10, 2);

test("forgets what a reading holds and keeps the rest", () => {
  const list = new RecentUsageList();
  for (let seq = 1; seq <= 5; seq++) add(list, seq);
  expect(list.forget(4)).toBe(true);
  expect(list.list()).toMatchObject([{ firstSeq: 4 }, { firstSeq: 5 }]);
  expect(list.isEmpty).toBe(false);
  expect(list.forget(6)).toBe(true);
  expect(list.list()).toEqual([]);
  expect(list.isEmpty).toBe(true);
});

test("puts older entries together when there are many, by hour, and says when a reading falls inside of a sum", () => {
  const list = new RecentUsageList(8);
  for (let seq = 1; seq <= 9; seq++) add(list, seq, seq <= 2 ? 0 : 1);
  expect(list.forget(1)).toBe(true);
  expect(list.list()).toMatchObject([
    { firstSeq: 1, lastSeq: 2, requests: 2, bytes: 20, tokens: 4 },
    { firstSeq: 3, lastSeq: 4, requests: 2 },
    { firstSeq: 5 },
    { firstSeq: 6 },
    { firstSeq: 7 },
    { firstSeq: 8 },
    { firstSeq: 9 },
  ]);
  expect(list.forget(4)).toBe(false);
  expect(list.list()).toHaveLength(7);
  expect(list.forget(5)).toBe(true);
  expect(list.list()).toHaveLength(5);
  // It grows again after it has shrunk.
  for (let seq = 10; seq <= 12; seq++) add(list, seq, 1);
  expect(list.list().map(({ firstSeq }) => firstSeq)).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
});
