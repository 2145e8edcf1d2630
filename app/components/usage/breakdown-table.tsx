import { Link } from "@remix-run/react";
import { DataTable } from "~/components/ui/data-table.tsx";
import type { UsageBreakdown, UsageGroupBy } from "~/lib/api-types.ts";
import { formatBytes, formatCount } from "~/lib/format.ts";
import { paths } from "~/lib/paths.ts";
import { type UsageQuery, usageSearch } from "~/lib/usage-query.ts";
import { groupingTitles } from "~/lib/usage-words.ts";

type Row = UsageBreakdown["rows"][number] & { isOther?: boolean };

/** What each endpoint, key or model used; a name leads to it alone, a number to its requests. */
export function BreakdownTable({ breakdown, query }: { breakdown: UsageBreakdown; query: UsageQuery }) {
  const { by } = query;
  const rows: Row[] = [...breakdown.rows];
  if (breakdown.other) {
    const { groups, figures } = breakdown.other;
    rows.push({
      group: { id: "(other)", label: `${formatCount(groups)} others`, filter: null },
      figures,
      isOther: true,
    });
  }
  return (
    <DataTable<Row>
      caption={`Usage by ${groupingTitles[by].toLowerCase()}`}
      rows={rows}
      rowKey={({ group }) => group.id}
      columns={[
        { title: groupingTitles[by], cell: ({ group }) => <Name group={group} query={query} /> },
        {
          title: "Requests",
          numeric: true,
          cell: ({ group, figures }) =>
            group.filter === null ? (
              formatCount(figures.requests)
            ) : (
              <Link
                to={paths.usageRequests + usageSearch(filtered(query, group.filter))}
                className="link"
                aria-label={`${formatCount(figures.requests)} requests of ${group.label}`}
              >
                {formatCount(figures.requests)}
              </Link>
            ),
        },
        {
          title: "Errors",
          numeric: true,
          wideOnly: true,
          cell: ({ figures }) => formatCount(figures.errors),
        },
        {
          title: "Data in",
          numeric: true,
          wideOnly: true,
          cell: ({ figures }) => formatBytes(figures.bytesIn),
        },
        {
          title: "Data out",
          numeric: true,
          wideOnly: true,
          cell: ({ figures }) => formatBytes(figures.bytesOut),
        },
        {
          title: "Tokens in",
          numeric: true,
          wideOnly: true,
          cell: ({ figures }) => formatCount(figures.inputTokens),
        },
        {
          title: "Tokens out",
          numeric: true,
          wideOnly: true,
          cell: ({ figures }) => formatCount(figures.outputTokens),
        },
        {
          title: "Tokens",
          numeric: true,
          cell: ({ figures }) => (
            <>
              <span className="block">{formatCount(figures.inputTokens + figures.outputTokens)}</span>
              {figures.estimatedTokens > 0 ? (
                <span className="block text-[0.867rem] text-mute">
                  {formatCount(figures.estimatedTokens)} estimated
                </span>
              ) : null}
            </>
          ),
        },
      ]}
    />
  );
}

function Name({ group, query }: { group: Row["group"]; query: UsageQuery }) {
  if (group.filter === null) return <span className="break-words text-mute">{group.label}</span>;
  const next: UsageGroupBy = query.by === "model" ? "access_key" : "model";
  return (
    <Link
      to={paths.usage + usageSearch({ ...filtered(query, group.filter), by: next })}
      preventScrollReset
      className="link break-words"
    >
      {group.label}
    </Link>
  );
}

/** The query narrowed to one group of the present grouping. */
function filtered(query: UsageQuery, filter: string): UsageQuery {
  if (query.by === "endpoint") return { ...query, slug: filter };
  return query.by === "model" ? { ...query, model: filter } : { ...query, accessKeyId: filter };
}
