import { expect, test } from "vitest";
import { RecentUsageList } from "./recent-usage.ts";

const usage = (seq: number, hour = 0) => ({
  firstSeq: seq,
  lastSeq: seq,
  hour,
  accessKeyId: null,
  requests: 1,
  bytes: 10,
  tokens: 2,
});

test("forgets what a reading holds and keeps the rest", () => {
  const list = new RecentUsageList();
  for (let seq = 1; seq <= 5; seq++) list.add(usage(seq));
  expect(list.after(4)?.map(({ firstSeq }) => firstSeq)).toEqual([4, 5]);
  expect(list.isEmpty).toBe(false);
  expect(list.after(6)).toEqual([]);
  expect(list.isEmpty).toBe(true);
});

test("puts older entries together when there are many, by hour, and says when a reading falls inside of a sum", () => {
  const list = new RecentUsageList(8);
  for (let seq = 1; seq <= 9; seq++) list.add(usage(seq, seq <= 2 ? 0 : 1));
  expect(list.after(1)).toMatchObject([
    { firstSeq: 1, lastSeq: 2, requests: 2, bytes: 20, tokens: 4 },
    { firstSeq: 3, lastSeq: 4, requests: 2 },
    { firstSeq: 5 },
    { firstSeq: 6 },
    { firstSeq: 7 },
    { firstSeq: 8 },
    { firstSeq: 9 },
  ]);
  expect(list.after(4)).toBeNull();
  expect(list.after(5)).toHaveLength(5);
});
