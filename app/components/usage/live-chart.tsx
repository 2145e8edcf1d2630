import { type ReactElement, useRef } from "react";
import { Area, AreaChart, Bar, BarChart, CartesianGrid, Tooltip, XAxis, YAxis } from "recharts";
import { type ChartMetric, formatMetric, formatTick, metricTitles } from "~/lib/usage-words.ts";
import { useWidth } from "~/lib/use-width.ts";
import type { ChartData, ChartPoint } from "./chart-data.ts";
import { CHART, MAX_BARS } from "./chart-frame.ts";

interface LiveChartProps {
  data: ChartData;
  metric: ChartMetric;
  /** Drawn while the size is not known. */
  still: ReactElement;
}

const margin = { top: CHART.top, right: CHART.right, bottom: 0, left: 0 };
const tick = { fill: "var(--mute)", fontSize: 12 };

/** The chart with axes and a reader that follows pointer and arrow keys. Comes in a chunk of its own. */
export default function LiveChart({ data, metric, still }: LiveChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  return (
    <div ref={frame} className="absolute inset-0">
      {width === null || width === 0 ? still : <Drawing data={data} metric={metric} width={width} />}
    </div>
  );
}

function Drawing({ data, metric, width }: { data: ChartData; metric: ChartMetric; width: number }) {
  const { points, groups } = data;
  const isArea = points.length > MAX_BARS;
  const ticks = new Map(points.map((point) => [point.start, point.tick]));
  const Chart = isArea ? AreaChart : BarChart;
  return (
    <Chart
      width={width}
      height={CHART.height}
      data={points as ChartPoint[]}
      margin={margin}
      title={`${metricTitles[metric]} over time. Arrow keys read the values; the table below has them all.`}
    >
      <CartesianGrid vertical={false} stroke="var(--line)" />
      <XAxis
        dataKey="start"
        tickFormatter={(start: string) => ticks.get(start) ?? ""}
        tick={tick}
        tickLine={false}
        axisLine={{ stroke: "var(--line-strong)" }}
        minTickGap={24}
        ticks={midnightsOf(points)}
        height={CHART.bottom}
        padding={isArea ? undefined : { left: 0, right: 0 }}
      />
      <YAxis
        width={CHART.left}
        tickFormatter={(value: number) => formatTick(metric, value)}
        tick={tick}
        tickLine={false}
        axisLine={false}
        allowDecimals={false}
        tickCount={5}
      />
      <Tooltip
        isAnimationActive={false}
        cursor={isArea ? { stroke: "var(--edge)" } : { fill: "var(--sunken)" }}
        content={({ payload }) => (
          <Reading point={payload?.[0]?.payload as ChartPoint | undefined} data={data} metric={metric} />
        )}
      />
      {groups.map((group, index) => {
        const shared = {
          name: group.label,
          dataKey: (point: ChartPoint) => point.values[index] ?? 0,
          stackId: "all",
          fill: group.color,
          isAnimationActive: false,
        };
        return isArea ? (
          <Area key={group.id} {...shared} type="step" stroke="none" fillOpacity={1} activeDot={{ r: 3 }} />
        ) : (
          <Bar key={group.id} {...shared} stroke="var(--surface)" strokeWidth={1} maxBarSize={56} />
        );
      })}
    </Chart>
  );
}

/** Of many hours, only the beginnings of days are named: hours of different days would look alike. */
function midnightsOf(points: readonly ChartPoint[]): string[] | undefined {
  if (points.length <= 48) return undefined;
  const midnights = points.filter(({ startsDay }) => startsDay);
  return midnights.length === points.length ? undefined : midnights.map(({ start }) => start);
}

interface ReadingProps {
  point: ChartPoint | undefined;
  data: ChartData;
  metric: ChartMetric;
}

/** What stands beside the pointer: the bucket and its groups, largest first. */
function Reading({ point, data, metric }: ReadingProps) {
  if (!point) return null;
  const rows = data.groups
    .map((group, index) => ({ ...group, value: point.values[index] ?? 0 }))
    .filter(({ value }) => value > 0)
    .sort((a, b) => b.value - a.value);
  return (
    <div className="max-w-72 rounded-md border border-line bg-surface px-3 py-2 text-[0.867rem] shadow-pop">
      <p className="flex justify-between gap-6">
        <span className="text-mute">{point.title}</span>
        <span className="font-medium tabular-nums">{formatMetric(metric, point.total)}</span>
      </p>
      {rows.length > 0 && data.groups.length > 1 ? (
        <ul className="mt-1.5 grid gap-1">
          {rows.map((row) => (
            <li key={row.id} className="flex items-center gap-2">
              <span className="size-2.5 shrink-0 rounded-xs" style={{ background: row.color }} />
              <span className="min-w-0 truncate">{row.label}</span>
              <span className="ml-auto pl-4 tabular-nums">{formatMetric(metric, row.value)}</span>
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
