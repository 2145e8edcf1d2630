import { type RawBuilder, type Selectable, sql } from "kysely";
import type { RequestsTable } from "../../db/schema/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { type Plan, planOf } from "../plans.ts";
import { decodeCursor, encodeCursor, type RequestCursor, timingOf } from "../requests/index.ts";
import { type Filters, readFilters } from "./filters.ts";
import { findLogWindows, type LogWindow } from "./log-windows.ts";
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
  const rows = await readRows(ctx, {
    range: { from, to },
    keptSince,
    windows: await findLogWindows(ctx, {
      range: { from: new Date(Math.max(from.getTime(), keptSince.getTime())), to },
      filters,
      before: cursor === null ? null : new Date(Math.ceil(cursor.startedAtMicros / 1000)),
      enough: limit + 1,
    }),
    conditions: conditionsOf(filters, input.meter),
    cursor,
    limit: limit + 1,
  });
  const page = rows.slice(0, limit);
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

type Row = Selectable<RequestsTable> & {
  slug: string | null;
  access_key_name: string | null;
  ended_at: Date;
  micros: number;
};

interface Query {
  range: Range;
  keptSince: Date;
  windows: readonly LogWindow[];
  conditions: RawBuilder<unknown>[];
  cursor: RequestCursor | null;
  limit: number;
}

async function readRows(ctx: RequestContext, query: Query): Promise<Row[]> {
  const { range, keptSince, windows, conditions, cursor, limit } = query;
  if (windows.length === 0) return [];
  const endedAt = sql`(r.started_at + r.duration_ms * interval '1 millisecond')`;
  const stretches = windows.map(({ endpointId, from, to }) => {
    const where = [
      sql`r.endpoint_id = ${endpointId}`,
      sql`r.started_at >= ${new Date(Math.max(from.getTime(), keptSince.getTime()))}`,
      sql`r.started_at < ${to}`,
      sql`r.tenant_id = ${ctx.tenantId}`,
      // Nearly always true, which the planner cannot know of an expression but takes of a case.
      sql`case when ${endedAt} >= ${range.from} and ${endedAt} < ${range.to} then true else false end`,
      ...conditions,
      ...(cursor === null
        ? []
        : [
            sql`(r.started_at, r.id) <
              (timestamptz 'epoch' + ${cursor.startedAtMicros} * interval '1 microsecond', ${cursor.id})`,
          ]),
    ];
    return sql`(
      select r.*, ${endedAt} as ended_at
      from requests as r
      where ${sql.join(where, sql` and `)}
      order by r.started_at desc, r.id desc
      limit ${limit}
    )`;
  });
  // Written out one by one, so that the planner sees how much of the log each is; there are hardly more than rows.
  const { rows } = await sql<Row>`
    select
      listed.*, endpoints.slug, access_keys.name as access_key_name,
      (extract(epoch from listed.started_at) * 1000000)::bigint as micros
    from (
      select * from (${sql.join(stretches, sql` union all `)}) as found
      order by started_at desc, id desc
      limit ${limit}
    ) as listed
    left join endpoints on endpoints.id = listed.endpoint_id and endpoints.tenant_id = listed.tenant_id
    left join access_keys on access_keys.id = listed.access_key_id and access_keys.tenant_id = listed.tenant_id
    order by listed.started_at desc, listed.id desc`.execute(ctx.db);
  return rows;
}

function conditionsOf(
  { accessKeyId, model }: Filters,
  meter: UsageRequestsInput["meter"],
): RawBuilder<unknown>[] {
  return [
    // What we answered ourselves is in no figure.
    sql`r.forwarded`,
    ...(accessKeyId === null ? [] : [same(sql`r.access_key_id`, accessKeyId)]),
    ...(model === null ? [] : [same(sql`r.model`, model)]),
    ...(meter === "megabytes" ? [sql`r.bytes_in + r.bytes_out > 0`] : []),
    ...(meter === "tokens" ? [sql`r.input_tokens + r.output_tokens > 0`] : []),
  ];
}

/** The roll-ups say '' where the log says null. */
function same(column: RawBuilder<unknown>, value: string): RawBuilder<unknown> {
  return value === "" ? sql`${column} is null` : sql`${column} = ${value}`;
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

function toRequest(row: Row): UsageRequest {
  return {
    id: row.id,
    slug: row.slug,
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at.toISOString(),
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
