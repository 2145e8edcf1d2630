import { expect, test } from "vitest";
import { createRequestIds } from "./request-ids.ts";

const START = Date.parse("2026-11-21T12:00:00Z");
const bytes = (fill: number) => new Uint8Array(8).fill(fill);

test("ids follow each other in text order, none comes twice, and all look the same", () => {
  const ids = createRequestIds(START, bytes(1));
  const made = Array.from({ length: 4_000 }, () => ids.next());
  expect(new Set(made).size).toBe(made.length);
  expect([...made].sort()).toEqual(made);
  for (const id of made) expect(id).toMatch(/^req_[0-9a-z]{20,}$/);
  expect(new Set(made.map(({ length }) => length)).size).toBe(1);
});

test("two processes that start in one second make different ones", () => {
  const [one, other] = [createRequestIds(START, bytes(1)), createRequestIds(START, bytes(2))];
  expect(one.next()).not.toBe(other.next());
});
