import { expect, test } from "vitest";
import { timingParts } from "./request-timing.ts";

test("shows the parts in the order in which they pass", () => {
  const parts = timingParts({ queueMs: 1, tunnelMs: 2, upstreamMs: 3, transferMs: 4 });
  expect(parts.map(({ part, milliseconds }) => [part, milliseconds])).toEqual([
    ["queue", 1],
    ["tunnel", 2],
    ["upstream", 3],
    ["transfer", 4],
  ]);
});

test("leaves out the tunnel's time where the connector did not tell it", () => {
  const parts = timingParts({ queueMs: 1, tunnelMs: null, upstreamMs: 3, transferMs: 4 });
  expect(parts.map(({ part }) => part)).toEqual(["queue", "upstream", "transfer"]);
});
