import { type ChartMetric, formatMetric } from "~/lib/usage-words.ts";
import type { ChartData } from "./chart-data.ts";

/** What each colour of a chart stands for, with its sum. */
export function ChartLegend({ data, metric }: { data: ChartData; metric: ChartMetric }) {
  return (
    <ul className="flex flex-wrap gap-x-6 gap-y-1.5 px-4 pt-3 text-[0.867rem] sm:px-5">
      {data.groups.map((group) => (
        <li key={group.id} className="flex min-w-0 items-center gap-2">
          <svg className="size-2.5 shrink-0" aria-hidden="true">
            <rect width="100%" height="100%" rx="2" fill={group.color} />
          </svg>
          <span className="min-w-0 break-words">{group.label}</span>
          <span className="text-mute tabular-nums">{formatMetric(metric, group.total)}</span>
        </li>
      ))}
    </ul>
  );
}
