import type { BucketUse } from "./api-types.ts";
import { bucketNames } from "./usage-words.ts";

/** What the chart of a bucket shows. */
export const useFigures = ["size", "operations"] as const;
export type UseFigure = (typeof useFigures)[number];

/** The figure that an address asks for; its size by default. */
export function readUseFigure(search: URLSearchParams): UseFigure {
  const asked = search.get("use");
  return useFigures.find((figure) => figure === asked) ?? "size";
}

/**
 * Days of a bucket as a chart draws them. A sum of sizes would mean nothing: what stands beside the size is the newest.
 * @param days oldest first
 */
export function bucketChart(days: BucketUse["days"], figure: UseFigure) {
  const groups =
    figure === "size"
      ? [{ id: "size", label: "Largest size of the day", read: (day: Day) => day.peakBytes }]
      : [
          { id: "writes", label: "Writes and listings", read: (day: Day) => day.writes },
          { id: "reads", label: "Reads", read: (day: Day) => day.reads },
        ];
  const points = days.map((day) => {
    const start = `${day.day}T00:00:00.000Z`;
    const values = groups.map(({ read }) => read(day));
    return { start, ...bucketNames(start, "day", "UTC"), values, total: sum(values) };
  });
  const drawn = groups.map(({ id, label }, index) => {
    const values = points.map((point) => point.values[index] ?? 0);
    return {
      id,
      label,
      filter: null,
      color: `var(--chart-${index + 1})`,
      total: figure === "size" ? (values.at(-1) ?? 0) : sum(values),
    };
  });
  return { groups: drawn, points, total: sum(drawn.map(({ total }) => total)) };
}

type Day = BucketUse["days"][number];
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
