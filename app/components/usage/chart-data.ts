import type { UsageSeries } from "~/lib/api-types.ts";
import { bucketNames } from "~/lib/usage-words.ts";

/** One colour and word of a chart. */
export interface ChartGroup {
  readonly id: string;
  readonly label: string;
  readonly filter: string | null;
  /** A value for `fill` and `stroke`. */
  readonly color: string;
  readonly total: number;
}

export interface ChartPoint {
  readonly start: string;
  readonly tick: string;
  readonly title: string;
  /** Of an hour: it is the first of its day. */
  readonly startsDay: boolean;
  /** By group. */
  readonly values: readonly number[];
  readonly total: number;
}

export interface ChartData {
  readonly groups: readonly ChartGroup[];
  readonly points: readonly ChartPoint[];
  readonly total: number;
}

const COLORS = 6;

/** The first metric of a series, ready to be drawn. */
export function chartData(series: UsageSeries): ChartData {
  const { bucket, timeZone } = series;
  const points = series.buckets.map(({ start, values }) => {
    const firsts = values.map((row) => row[0] ?? 0);
    return { start, ...bucketNames(start, bucket, timeZone), values: firsts, total: sum(firsts) };
  });
  const groups = series.groups.map(({ id, label, filter }, index) => ({
    id,
    label,
    filter,
    color: id === "(other)" ? "var(--chart-rest)" : `var(--chart-${(index % COLORS) + 1})`,
    total: sum(points.map(({ values }) => values[index] ?? 0)),
  }));
  return { groups, points, total: sum(groups.map(({ total }) => total)) };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
