import * as z from "zod";

/** Where the time of a request went; the four parts add up to its duration, but for rounding. Milliseconds. */
export const RequestTiming = z.object({
  queueMs: z.number().describe("Until a connector took it: route, key, waiting for a connector"),
  tunnelMs: z.number().nullable().describe("To the connector and back; null: not told, it is in upstreamMs"),
  upstreamMs: z.number().describe("Until the upstream's response head"),
  transferMs: z.number().describe("From the response head to the last byte"),
});
export type RequestTiming = z.infer<typeof RequestTiming>;

/** Splits the duration of a row of the request log. */
export function timingOf(row: {
  duration_ms: number;
  queue_ms: number | null;
  tunnel_ms: number | null;
  upstream_ms: number | null;
}): RequestTiming {
  const queueMs = row.queue_ms ?? 0;
  const upstreamMs = row.upstream_ms ?? 0;
  const before = queueMs + upstreamMs + (row.tunnel_ms ?? 0);
  return { queueMs, tunnelMs: row.tunnel_ms, upstreamMs, transferMs: Math.max(0, row.duration_ms - before) };
}
