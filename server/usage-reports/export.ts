import { type RequestContext, requirePermission } from "../context.ts";
import { csvLine } from "./csv.ts";
import { exportStorage } from "./export-storage.ts";
import { type FigureName, figureNames, pickFigures } from "./figures.ts";
import { readFilters } from "./filters.ts";
import { nameGroups } from "./group-names.ts";
import { bucketEdges, requireLength } from "./range.ts";
import { reportRange } from "./report-range.ts";
import type { ExportUsageInput, UsageGroup } from "./schemas.ts";
import { sumAll } from "./sums.ts";

export interface UsageExport {
  readonly contentType: string;
  readonly fileName: string;
  /** The text in parts; nothing is read before it is asked for. */
  readonly parts: AsyncGenerator<string>;
}

interface ExportRow {
  readonly start: Date;
  readonly end: Date;
  /** null: not grouped. */
  readonly group: UsageGroup | null;
  readonly figures: Readonly<Record<FigureName, number>>;
}

/** Buckets read at once: with a hundred groups some thousand rows in memory, whatever the range. */
const BUCKETS_PER_PART = 48;

/** Characters of one part: a line by itself would cost a write each. */
const CHUNK_CHARACTERS = 16_384;

const headerOf: Record<FigureName, string> = {
  requests: "requests",
  errors: "errors",
  bytesIn: "bytes_in",
  bytesOut: "bytes_out",
  connectionMs: "connection_ms",
  inputTokens: "input_tokens",
  cachedTokens: "cached_tokens",
  cacheWriteTokens: "cache_write_tokens",
  outputTokens: "output_tokens",
  reasoningTokens: "reasoning_tokens",
  estimatedTokens: "estimated_tokens",
  unmeteredRequests: "unmetered_requests",
};

/**
 * Usage as a file: a row for each bucket and group in which something happened. Everything that can be refused is
 * refused before the first part.
 *
 * @throws DomainError invalid/invalid_range, invalid/range_too_long, invalid/invalid_time_zone,
 *   not_found/endpoint_not_found, not_found/access_key_not_found
 */
export async function exportUsage(args: {
  ctx: RequestContext;
  input: ExportUsageInput;
  now?: Date;
}): Promise<UsageExport> {
  const { ctx, input, now = new Date() } = args;
  requirePermission(ctx, "usage:read");
  if (input.of === "storage") return exportStorage(ctx, input, now);
  const { bucket = "day", by = null, format = "csv" } = input;
  const { timeZone, ...range } = await reportRange(ctx, input, now);
  requireLength(range, bucket, timeZone);
  const filters = await readFilters(ctx, input);
  const edges = await bucketEdges(ctx.db, range, bucket, timeZone);

  async function* rows(): AsyncGenerator<ExportRow> {
    for (let first = 0; first < edges.length - 1; first += BUCKETS_PER_PART) {
      const part = edges.slice(first, first + BUCKETS_PER_PART + 1);
      const sums = await sumAll(ctx.db, { tenantId: ctx.tenantId, edges: part, filters, by });
      const ids = [...new Set(sums.map(({ groupId }) => groupId))];
      const names = by === null ? [] : await nameGroups(ctx, by, ids);
      const groupOf = new Map(ids.map((id, index) => [id, names[index] ?? null]));
      for (const sum of sums) {
        yield {
          start: part[sum.bucket]!,
          end: part[sum.bucket + 1]!,
          group: groupOf.get(sum.groupId) ?? null,
          figures: pickFigures(sum),
        };
      }
    }
  }

  const head = { from: range.from.toISOString(), to: range.to.toISOString(), timeZone, bucket, by };
  const days = `${head.from.slice(0, 10)}-${head.to.slice(0, 10)}`;
  return {
    contentType: format === "csv" ? "text/csv; charset=utf-8" : "application/json",
    fileName: `hotspot-usage-${days}-by-${bucket}${by ? `-and-${by.replace("_", "-")}` : ""}.${format}`,
    parts: inChunks(format === "csv" ? csvParts(rows(), by) : jsonParts(rows(), head)),
  };
}

async function* csvParts(rows: AsyncIterable<ExportRow>, by: string | null): AsyncGenerator<string> {
  const groupColumns = by === null ? [] : [`${by}_id`, by];
  yield csvLine(["start", "end", ...groupColumns, ...figureNames.map((name) => headerOf[name])]);
  for await (const { start, end, group, figures } of rows) {
    yield csvLine([
      start.toISOString(),
      end.toISOString(),
      ...(group ? [group.id, group.label] : []),
      ...figureNames.map((name) => figures[name]),
    ]);
  }
}

async function* jsonParts(rows: AsyncIterable<ExportRow>, head: object): AsyncGenerator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"rows":[`;
  let comma = "\n";
  for await (const { start, end, group, figures } of rows) {
    const named = group ? { group: { id: group.id, label: group.label } } : {};
    yield `${comma}${JSON.stringify({ start, end, ...named, ...figures })}`;
    comma = ",\n";
  }
  yield "\n]}\n";
}

async function* inChunks(parts: AsyncIterable<string>): AsyncGenerator<string> {
  let chunk = "";
  for await (const part of parts) {
    chunk += part;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
}
