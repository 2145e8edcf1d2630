import type { UsageBucket, UsageGroupBy } from "./api-types.ts";

export const usagePeriods = ["current", "previous", "24h", "7d", "90d", "12m", "custom"] as const;
export type UsagePeriod = (typeof usagePeriods)[number];
export const usageMetrics = ["requests", "bytes", "tokens", "errors"] as const;
export type UsageMetric = (typeof usageMetrics)[number];
export const usageGroupings = ["endpoint", "access_key", "model"] as const satisfies readonly UsageGroupBy[];
const usageBuckets = ["hour", "day", "month"] as const satisfies readonly UsageBucket[];

/** What the usage pages show, as their address says it. */
export interface UsageQuery {
  readonly period: UsagePeriod;
  /** Of `custom`: dates, the last one included, or instants, the last one not. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly bucket?: UsageBucket | undefined;
  readonly by: UsageGroupBy;
  readonly metric: UsageMetric;
  readonly slug?: string | undefined;
  readonly accessKeyId?: string | undefined;
  readonly model?: string | undefined;
  readonly timeZone: string;
}

/** Reads an address; what it says wrongly counts as not said. */
export function readUsageQuery(search: URLSearchParams): UsageQuery {
  const text = (name: string) => search.get(name)?.trim() || undefined;
  const from = text("from");
  const to = text("to");
  const period = from && to ? "custom" : oneOf(usagePeriods, text("period"));
  return {
    period: period === "custom" && !(from && to) ? "current" : (period ?? "current"),
    ...(from && to ? { from, to } : {}),
    bucket: oneOf(usageBuckets, text("bucket")),
    by: oneOf(usageGroupings, text("by")) ?? "endpoint",
    metric: oneOf(usageMetrics, text("metric")) ?? "requests",
    slug: text("endpoint"),
    accessKeyId: text("key"),
    model: text("model"),
    timeZone: text("tz") ?? "UTC",
  };
}

/** The address of a query, without what goes without saying. */
export function usageSearch(query: UsageQuery): string {
  const search = new URLSearchParams();
  const add = (name: string, value: string | undefined, unsaid?: string) => {
    if (value !== undefined && value !== unsaid) search.set(name, value);
  };
  if (query.period === "custom") {
    add("from", query.from);
    add("to", query.to);
  } else add("period", query.period, "current");
  add("bucket", query.bucket);
  add("by", query.by, "endpoint");
  add("metric", query.metric, "requests");
  add("endpoint", query.slug);
  add("key", query.accessKeyId);
  add("model", query.model);
  add("tz", query.timeZone, "UTC");
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * From (included) to (not included), as the procedures take them: instants, or dates in the query's time zone.
 *
 * @param period the billing period that `current` or `previous` stands for
 */
export function usageRange(
  query: UsageQuery,
  period: { start: string; end: string },
  now: Date,
): { from: string; to: string } {
  const today = dateIn(usageZone(query), now);
  switch (query.period) {
    case "current":
    case "previous":
      return { from: period.start, to: period.end };
    case "24h": {
      const hour = Math.floor(now.getTime() / HOUR_MS) * HOUR_MS;
      return {
        from: new Date(hour - 23 * HOUR_MS).toISOString(),
        to: new Date(hour + HOUR_MS).toISOString(),
      };
    }
    case "7d":
      return { from: addDays(today, -6), to: addDays(today, 1) };
    case "90d":
      return { from: addDays(today, -89), to: addDays(today, 1) };
    case "12m": {
      const [year, month] = today.split("-").map(Number) as [number, number];
      return {
        from: new Date(Date.UTC(year, month - 12, 1)).toISOString().slice(0, 10),
        to: new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10),
      };
    }
    case "custom": {
      const { from = today, to = today } = query;
      return { from, to: isDate(to) ? addDays(to, 1) : to };
    }
  }
}

/** The zone that a query is counted in: a year is added up from months of UTC. */
export function usageZone(query: UsageQuery): string {
  return query.period === "12m" ? "UTC" : query.timeZone;
}

/** Buckets that suit a range: the first is the one to take when nothing was asked for. */
export function bucketsFor(range: { from: string; to: string }, timeZone: string): UsageBucket[] {
  const days = (Date.parse(range.to) - Date.parse(range.from)) / DAY_MS;
  if (days <= 2) return ["hour"];
  const possible: UsageBucket[] = [];
  if (days <= (timeZone === "UTC" ? 130 : 35)) possible.push("day");
  if (days <= 15) possible.push("hour");
  if (days > 35) possible.push("month");
  return possible;
}

const isDate = (text: string) => /^\d{4}-\d{2}-\d{2}$/.test(text);

function addDays(date: string, days: number): string {
  const at = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(at) ? date : new Date(at + days * DAY_MS).toISOString().slice(0, 10);
}

/** Today's date where the zone is; UTC for a zone that there is not. */
function dateIn(timeZone: string, now: Date): string {
  try {
    // Canada writes year, month, day.
    return new Intl.DateTimeFormat("en-CA", { timeZone }).format(now);
  } catch (error) {
    if (error instanceof RangeError) return now.toISOString().slice(0, 10);
    throw error;
  }
}

function oneOf<T extends string>(values: readonly T[], text: string | undefined): T | undefined {
  return values.find((value) => value === text);
}
