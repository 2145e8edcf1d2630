import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import { type MetricName, metricNames } from "./figures.ts";
import { readFilters } from "./filters.ts";
import { nameGroups } from "./group-names.ts";
import { bucketEdges, requireLength } from "./range.ts";
import { reportRange } from "./report-range.ts";
import type { UsageGroup, UsageSeriesInput, UsageSeriesOutput } from "./schemas.ts";
import { type GroupSum, sumByBucket } from "./sums.ts";

const DEFAULT_METRICS: MetricName[] = ["requests", "bytesIn", "bytesOut", "inputTokens", "outputTokens"];
const DEFAULT_TOP = 6;

/**
 * Usage over time, from the roll-ups. Buckets without usage are there, with zeros. An hour counts where it starts, which
 * matters only for ends of a range inside an hour and for time zones that are off by part of one.
 *
 * @throws DomainError invalid/invalid_range, invalid/range_too_long, invalid/invalid_time_zone, invalid/invalid_metric,
 *   not_found/endpoint_not_found, not_found/access_key_not_found
 */
export async function getUsageSeries(args: {
  ctx: RequestContext;
  input: UsageSeriesInput;
  now?: Date;
}): Promise<UsageSeriesOutput> {
  const { ctx, input, now = new Date() } = args;
  requirePermission(ctx, "usage:read");
  const { bucket = "day", by = null, top = DEFAULT_TOP } = input;
  const metrics = readMetrics(input.metrics);
  const { timeZone, ...range } = await reportRange(ctx, input, now);
  requireLength(range, bucket, timeZone);
  const filters = await readFilters(ctx, input);
  const edges = await bucketEdges(ctx.db, range, bucket, timeZone);
  const sums = await sumByBucket(ctx.db, {
    tenantId: ctx.tenantId,
    edges,
    filters,
    by,
    metrics,
    top: Number(top),
  });
  const groupIds = rank(sums);
  const groups =
    by === null
      ? []
      : await nameGroups(
          ctx,
          by,
          groupIds.filter((id) => id !== null),
        );
  if (groupIds.includes(null)) groups.push(others);
  const rowOf = new Map(groupIds.map((id, index) => [id, index]));
  const buckets = edges.slice(0, -1).map((start, index) => ({
    start: start.toISOString(),
    end: edges[index + 1]!.toISOString(),
    values: groupIds.map(() => metrics.map(() => 0)),
  }));
  for (const sum of sums) buckets[sum.bucket]!.values[rowOf.get(sum.groupId)!] = [...sum.values];
  return {
    from: range.from.toISOString(),
    to: range.to.toISOString(),
    bucket,
    timeZone,
    metrics,
    groups: by === null && groupIds.length > 0 ? [everything] : groups,
    buckets,
  };
}

const others: UsageGroup = { id: "(other)", label: "all others", filter: null };
const everything: UsageGroup = { id: "(all)", label: "all", filter: null };

/** Groups by their sum of the first metric, the sum of the others last. */
function rank(sums: readonly GroupSum[]): (string | null)[] {
  const totals = new Map<string | null, number>();
  for (const { groupId, values } of sums) totals.set(groupId, (totals.get(groupId) ?? 0) + values[0]!);
  return [...totals.entries()]
    .sort(
      ([a, left], [b, right]) =>
        Number(a === null) - Number(b === null) || right - left || (a! < b! ? -1 : 1),
    )
    .map(([id]) => id);
}

function readMetrics(text: string | undefined): MetricName[] {
  if (text === undefined) return DEFAULT_METRICS;
  const names = [...new Set(text.split(",").map((name) => name.trim()))];
  const unknown = names.find((name) => !(metricNames as string[]).includes(name));
  if (unknown === undefined) return names as MetricName[];
  throw new DomainError("invalid", "invalid_metric", `metrics: use ${metricNames.join(", ")}`, {
    field: "metrics",
  });
}
