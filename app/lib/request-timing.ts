import type { LoggedRequest } from "./api-types.ts";

export type RequestTiming = LoggedRequest["timing"];

const words = {
  queue: "waited for a connector",
  tunnel: "tunnel",
  upstream: "your server",
  transfer: "sending the answer",
} as const;

/** The parts of a request's time in their order, under names for people. A part that nobody told is left out. */
export function timingParts({ queueMs, tunnelMs, upstreamMs, transferMs }: RequestTiming) {
  const parts = [
    { part: "queue", milliseconds: queueMs },
    { part: "tunnel", milliseconds: tunnelMs },
    { part: "upstream", milliseconds: upstreamMs },
    { part: "transfer", milliseconds: transferMs },
  ] as const;
  return parts.flatMap(({ part, milliseconds }) =>
    milliseconds === null ? [] : [{ part, word: words[part], milliseconds }],
  );
}
