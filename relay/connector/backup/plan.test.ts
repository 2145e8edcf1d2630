import { expect, test } from "vitest";
import { BackupPlan, DEFAULT_BACKUP } from "./plan.ts";

const plan = { ...DEFAULT_BACKUP, paths: ["/srv/data"] };

test("the defaults with a path are a plan", () => {
  expect(BackupPlan.parse(plan)).toEqual(plan);
});

test.each([
  ["no path", { paths: [] }],
  ["a relative path", { paths: ["data"] }],
  ["a path with a line break, which would be two in a list", { paths: ["/srv/a\n/etc"] }],
  ["a pattern that includes again", { exclude: ["!keep.txt"] }],
  ["a pattern with a variable, which one tool would fill in", { exclude: ["$HOME/cache"] }],
  ["a pattern that leaves everything out", { exclude: ["/"] }],
  ["an interval of nothing", { everyHours: 0 }],
  ["keeping nothing", { keepDaily: 0, keepWeekly: 0, keepMonthly: 0 }],
  ["half a snapshot", { keepDaily: 1.5 }],
])("refused: %s", (_what, change) => {
  expect(BackupPlan.safeParse({ ...plan, ...change }).success).toBe(false);
});

test("taken: names, globs, whole paths, and keeping by month alone", () => {
  const exclude = ["node_modules", "*.tmp", "/srv/data/cache", "**/build/*.o"];
  expect(BackupPlan.safeParse({ ...plan, exclude, keepDaily: 0, keepWeekly: 0 }).success).toBe(true);
});
