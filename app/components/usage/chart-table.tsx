import { CopyButton } from "~/components/ui/copy-button.tsx";
import { DataTable } from "~/components/ui/data-table.tsx";
import { type ChartMetric, formatMetric, metricTitles } from "~/lib/usage-words.ts";
import type { ChartData, ChartPoint } from "./chart-data.ts";

/** More rows than anybody reads; the export has all. */
const MAX_ROWS = 120;

/** The figures of a chart as a table: for who cannot see it, and to take along. Newest first, without empty buckets. */
export function ChartTable({ data, metric }: { data: ChartData; metric: ChartMetric }) {
  const filled = data.points.filter(({ total }) => total > 0).reverse();
  const rows = filled.slice(0, MAX_ROWS);
  return (
    <details className="mt-4 border-t border-line">
      <summary className="px-4 py-3 text-[0.933rem] text-mute hover:text-ink focus-visible:-outline-offset-2 sm:px-5">
        Show as a table
      </summary>
      <DataTable<ChartPoint>
        caption={`${metricTitles[metric]} over time`}
        rows={rows}
        rowKey={({ start }) => start}
        columns={[
          { title: "When", cell: ({ title }) => <span className="whitespace-nowrap">{title}</span> },
          ...data.groups.map((group, index) => ({
            id: `group ${group.id}`,
            title: group.label,
            numeric: true,
            cell: ({ values }: ChartPoint) => formatMetric(metric, values[index] ?? 0),
          })),
          ...(data.groups.length > 1
            ? [{ title: "Sum", numeric: true, cell: ({ total }: ChartPoint) => formatMetric(metric, total) }]
            : []),
        ]}
      />
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 border-t border-line px-4 py-2 text-[0.867rem] text-mute sm:px-5">
        <CopyButton text={tabSeparated(data)} what="the table" withLabel />
        {filled.length > rows.length ? (
          <span>
            The newest {rows.length} of {filled.length}. The copy and the export have all.
          </span>
        ) : (
          <span>Without what is zero.</span>
        )}
      </div>
    </details>
  );
}

/** For a spreadsheet: plain numbers. Names are quoted, so that none is taken for a formula. */
function tabSeparated({ groups, points }: ChartData): string {
  const head = ["start", ...groups.map(({ label }) => `"'${label.replaceAll('"', '""')}"`)];
  return [head, ...points.map(({ start, values }) => [start, ...values])]
    .map((row) => row.join("\t"))
    .join("\n");
}
