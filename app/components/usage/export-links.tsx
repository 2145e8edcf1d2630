import { Download } from "lucide-react";
import { paths } from "~/lib/paths.ts";
import { type UsageQuery, usageZone } from "~/lib/usage-query.ts";

interface ExportLinksProps {
  query: UsageQuery;
  range: { from: string; to: string };
  bucket: string;
}

/** The page's figures as files. Plain links: they work without scripts, and the browser keeps the name. */
export function ExportLinks({ query, range, bucket }: ExportLinksProps) {
  const search = (format: string) => {
    const all = {
      format,
      ...range,
      bucket,
      by: query.by,
      timeZone: usageZone(query),
      slug: query.slug,
      accessKeyId: query.accessKeyId,
      model: query.model,
    };
    const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return new URLSearchParams(given).toString();
  };
  return <Downloads searchOf={search} />;
}

/** The days of backups as files. */
export function StorageExportLinks({ from, to }: { from: string; to: string }) {
  return (
    <Downloads searchOf={(format) => new URLSearchParams({ of: "storage", format, from, to }).toString()} />
  );
}

function Downloads({ searchOf }: { searchOf: (format: string) => string }) {
  return (
    <div className="flex gap-2">
      {["csv", "json"].map((format) => (
        <a
          key={format}
          href={`${paths.usageExport}?${searchOf(format)}`}
          download
          className="inline-flex min-h-9 items-center gap-2 rounded-md border border-line-strong bg-surface px-3 text-[0.867rem] font-medium hover:border-edge hover:bg-sunken"
        >
          <Download className="size-4 text-mute" aria-hidden="true" />
          {format.toUpperCase()}
        </a>
      ))}
    </div>
  );
}
