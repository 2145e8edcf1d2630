import { type RequestContext, requirePermission } from "../context.ts";
import { type Plan, planOf } from "../plans.ts";
import {
  decodeCursor,
  encodeCursor,
  type LogFilter,
  type NamedLogRow,
  readLog,
  timingOf,
  withNames,
} from "../requests/index.ts";
import { type Filters, readFilters } from "./filters.ts";
import { findLogWindows } from "./log-windows.ts";
import type { Range } from "./range.ts";
import { reportRange } from "./report-range.ts";
import type { UsageRequest, UsageRequestsInput, UsageRequestsOutput } from "./schemas.ts";

const DEFAULT_LIMIT = 50;
const DAY_MS = 86_400_000;

/**
 * The requests behind a figure, newest first: those that ended in the range, as the roll-ups count them. Tokens and
 * bytes of a stream of hours count in the hours in which they passed, its row stands where it ended.
 *
 * Reads the log by its index, stretch by stretch, and never what the plan keeps no longer. A request of more than a day is
 * found only if it ended in the day after it began.
 *
 * @throws DomainError invalid/invalid_cursor, invalid/invalid_range, invalid/invalid_time_zone,
 *   not_found/endpoint_not_found, not_found/access_key_not_found
 */
export async function listUsageRequests(args: {
  ctx: RequestContext;
  input: UsageRequestsInput;
  now?: Date;
}): Promise<UsageRequestsOutput> {
  const { ctx, input, now = new Date() } = args;
  requirePermission(ctx, "usage:read");
  requirePermission(ctx, "requests:read");
  const { from, to } = await reportRange(ctx, input, now);
  const filters = await readFilters(ctx, input);
  const plan = await planOfTenant(ctx);
  const keptSince = new Date(now.getTime() - plan.requestLogDays * DAY_MS);
  const cursor = input.cursor === undefined ? null : decodeCursor(input.cursor);
  const limit = Number(input.limit ?? DEFAULT_LIMIT);
  const windows = await findLogWindows(ctx, {
    range: { from: new Date(Math.max(from.getTime(), keptSince.getTime())), to },
    filters,
    before: cursor === null ? null : new Date(Math.ceil(cursor.startedAtMicros / 1000)),
    enough: limit + 1,
  });
  const rows = await readLog(ctx.db, {
    tenantId: ctx.tenantId,
    stretches: windows.map((window) => ({
      ...window,
      from: new Date(Math.max(window.from.getTime(), keptSince.getTime())),
    })),
    filter: filterOf(filters, input.meter, { from, to }),
    cursor,
    limit: limit + 1,
  });
  const page = await withNames(ctx, rows.slice(0, limit));
  const last = page.at(-1);
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    requests: page.map(toRequest),
    nextCursor:
      last && rows.length > limit ? encodeCursor({ startedAtMicros: last.micros, id: last.id }) : null,
    retention: {
      days: plan.requestLogDays,
      keptSince: keptSince.toISOString(),
      message: from < keptSince ? retentionMessage(plan, keptSince) : null,
    },
  };
}

function filterOf(
  { accessKeyId, model }: Filters,
  meter: UsageRequestsInput["meter"],
  ended: Range,
): LogFilter {
  return {
    ended,
    forwarded: true,
    // The roll-ups say '' where the log says null.
    ...(accessKeyId !== null && { accessKeyId: accessKeyId || null }),
    ...(model !== null && { model: model || null }),
    ...(meter === "megabytes" && { with: "bytes" }),
    ...(meter === "tokens" && { with: "tokens" }),
  };
}

async function planOfTenant(ctx: RequestContext): Promise<Plan> {
  const row = await ctx.db
    .selectFrom("tenant_settings")
    .select("plan")
    .where("tenant_id", "=", ctx.tenantId)
    .executeTakeFirst();
  return planOf(row?.plan ?? "free");
}

function retentionMessage(plan: Plan, keptSince: Date): string {
  return `The ${plan.title} plan keeps requests for ${plan.requestLogDays} days. Those before ${keptSince.toISOString().slice(0, 10)} are counted and billed as shown, but can no longer be listed one by one.`;
}

function toRequest(row: NamedLogRow): UsageRequest {
  return {
    id: row.id,
    slug: row.slug,
    startedAt: row.started_at.toISOString(),
    endedAt: new Date(row.started_at.getTime() + row.duration_ms).toISOString(),
    method: row.method,
    path: row.path,
    status: row.status,
    bytesIn: row.bytes_in,
    bytesOut: row.bytes_out,
    durationMs: row.duration_ms,
    timing: timingOf(row),
    accessKeyName: row.access_key_name,
    errorCode: row.error_code,
    clientAddress: row.client_address,
    apiKind: row.api_kind,
    model: row.model,
    inputTokens: row.input_tokens,
    cachedTokens: row.cached_tokens,
    cacheWriteTokens: row.cache_write_tokens,
    outputTokens: row.output_tokens,
    reasoningTokens: row.reasoning_tokens,
    usageSource: row.usage_source,
    usageStatus: row.usage_status,
    finishReason: row.finish_reason,
  };
}
