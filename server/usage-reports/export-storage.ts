import { type RequestContext, requirePermission } from "../context.ts";
import { csvLine } from "./csv.ts";
import type { UsageExport } from "./export.ts";
import type { ExportUsageInput, StorageDay } from "./schemas.ts";
import { readStorageDays, storageRange } from "./storage-days.ts";

const columns = {
  day: "day",
  bucket: "bucket",
  peakBytes: "peak_bytes",
  megabytes: "megabyte_days",
  objects: "objects",
  writes: "writes",
  reads: "reads",
} as const satisfies Partial<Record<keyof StorageDay, string>>;
const names = Object.keys(columns) as (keyof typeof columns)[];

/**
 * What buckets held and were asked, as a file: a row for each day and bucket, oldest first.
 *
 * @throws DomainError invalid/invalid_range, invalid/range_too_long
 */
export async function exportStorage(
  ctx: RequestContext,
  { format = "csv", ...input }: ExportUsageInput,
  now: Date,
): Promise<UsageExport> {
  requirePermission(ctx, "usage:read");
  const { from, to } = await storageRange(ctx, input, now);

  async function* parts(): AsyncGenerator<string> {
    const days = await readStorageDays(ctx, { from, to });
    if (format === "json") {
      yield `${JSON.stringify({ from, to, rows: days })}\n`;
      return;
    }
    yield csvLine([...names.map((name) => columns[name]), "carried"]);
    yield days
      .map((day) => csvLine([...names.map((name) => day[name]), day.carried ? "yes" : "no"]))
      .join("");
  }

  return {
    contentType: format === "csv" ? "text/csv; charset=utf-8" : "application/json",
    fileName: `hotspot-storage-${from.toISOString().slice(0, 10)}-${to.toISOString().slice(0, 10)}.${format}`,
    parts: parts(),
  };
}
