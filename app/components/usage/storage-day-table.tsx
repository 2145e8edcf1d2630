import { DataTable } from "~/components/ui/data-table.tsx";
import type { StorageDay } from "~/lib/api-types.ts";
import { formatBytes, formatCount, formatDay } from "~/lib/format.ts";

/** What buckets held and were asked, a row for each day. */
export function StorageDayTable({ days }: { days: readonly StorageDay[] }) {
  return (
    <DataTable
      caption="Days"
      rows={days}
      rowKey={({ day, bucket }) => `${day} ${bucket}`}
      columns={[
        {
          title: "Day",
          cell: ({ day, bucket }) => (
            <>
              <span className="block">{formatDay(`${day}T00:00:00Z`)}</span>
              <span className="block font-mono text-[0.867rem] break-all text-mute">{bucket}</span>
            </>
          ),
        },
        {
          title: "At most",
          numeric: true,
          wideOnly: true,
          cell: ({ peakBytes, carried }) => (
            <>
              {formatBytes(peakBytes)}
              {carried ? <span className="block text-[0.867rem] text-mute">as the day before</span> : null}
            </>
          ),
        },
        { title: "MB-days", numeric: true, cell: ({ megabytes }) => formatCount(megabytes) },
        { title: "Writes", numeric: true, cell: ({ writes }) => formatCount(writes) },
        { title: "Reads", numeric: true, cell: ({ reads }) => formatCount(reads) },
      ]}
    />
  );
}
