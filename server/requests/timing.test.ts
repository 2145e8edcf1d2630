import { expect, test } from "vitest";
import { timingOf } from "./timing.ts";

test("the parts of a request's time add up to its duration", () => {
  const timing = timingOf({ duration_ms: 100, queue_ms: 5, tunnel_ms: 10, upstream_ms: 60 });
  expect(timing).toEqual({ queueMs: 5, tunnelMs: 10, upstreamMs: 60, transferMs: 25 });
});

test("a request whose connector does not tell has the tunnel in the upstream's time", () => {
  const timing = timingOf({ duration_ms: 100, queue_ms: 5, tunnel_ms: null, upstream_ms: 70 });
  expect(timing).toEqual({ queueMs: 5, tunnelMs: null, upstreamMs: 70, transferMs: 25 });
});

test("one that was never handed over was in the queue only, and rounding makes nothing negative", () => {
  expect(timingOf({ duration_ms: 3, queue_ms: null, tunnel_ms: null, upstream_ms: null }).transferMs).toBe(3);
  expect(timingOf({ duration_ms: 3, queue_ms: 1, tunnel_ms: 1, upstream_ms: 2 }).transferMs).toBe(0);
});
