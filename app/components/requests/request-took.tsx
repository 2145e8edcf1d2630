import { classNames } from "~/lib/class-names.ts";
import { formatDuration } from "~/lib/format.ts";
import { type RequestTiming, timingParts } from "~/lib/request-timing.ts";

const colors = {
  queue: "bg-chart-4",
  tunnel: "bg-chart-2",
  upstream: "bg-chart-1",
  transfer: "bg-chart-rest",
} as const;

/** How long a request took, and under it a bar that shows where the time went. */
export function RequestTook({ durationMs, timing }: { durationMs: number; timing: RequestTiming }) {
  const parts = timingParts(timing);
  const words = parts.map(({ word, milliseconds }) => `${word} ${formatDuration(milliseconds)}`).join(", ");
  return (
    <span className="inline-block min-w-16" title={words}>
      <span className="block">{formatDuration(durationMs)}</span>
      <span className="sr-only">{words}</span>
      <span aria-hidden className="mt-1 hidden h-1 gap-px overflow-hidden rounded-sm sm:flex">
        {parts.map(({ part, milliseconds }) => (
          <span
            key={part}
            className={classNames("min-w-0", colors[part])}
            style={{ flexGrow: milliseconds, flexBasis: 0 }}
          />
        ))}
      </span>
    </span>
  );
}
