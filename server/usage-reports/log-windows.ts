import { sql } from "kysely";
import type { RequestContext } from "../context.ts";
import type { Filters } from "./filters.ts";
import type { Range } from "./range.ts";
import { conditionsOf } from "./sums.ts";

const DAY_MS = 86_400_000;
/** How long before its end a request may have begun to be found: the log is ordered by beginnings. */
const LONGEST_REQUEST_MS = DAY_MS;

/** A stretch of the log of one endpoint; `from` and `to` are beginnings of requests. */
export interface LogWindow extends Range {
  readonly endpointId: string;
}

/**
 * Where in the log the newest requests of a kind are, as the sums by day tell: days without any are skipped, and older
 * ones are left out as soon as the days above them hold enough for a page. So a rare model is found without
 * reading through what is not it, by the one index that the log has.
 *
 * @param before only requests that began earlier; null: all of the range
 * @param enough rows that are wanted
 */
export async function findLogWindows(
  ctx: RequestContext,
  question: { range: Range; filters: Filters; before: Date | null; enough: number },
): Promise<LogWindow[]> {
  const { range, filters, before, enough } = question;
  const last = before === null || before > range.to ? range.to : before;
  const conditions = [
    sql`h.tenant_id = ${ctx.tenantId}`,
    sql`h.day >= date_trunc('day', ${range.from}::timestamptz, 'UTC')`,
    // What began before that moment may have ended up to a day later.
    sql`h.day < least(${range.to}::timestamptz, ${last}::timestamptz + interval '1 day')`,
    ...conditionsOf(filters),
  ];
  // A day counts as enough only if all of it lies before the moment.
  const { rows } = await sql<{ endpoint_id: string; day: Date }>`
    with days as (
      select h.day, h.endpoint_id, sum(h.requests) as requests
      from usage_daily as h
      where ${sql.join(conditions, sql` and `)}
      group by h.day, h.endpoint_id
      having sum(h.requests) > 0
    ), counted as (
      select
        day, endpoint_id,
        coalesce(sum(requests) filter (
          where day >= ${range.from} and day + interval '1 day' <= ${last}
        ) over (order by day desc range between unbounded preceding and current row exclude group), 0) as newer
      from days
    )
    select day, endpoint_id from counted
    where newer < ${enough}
    order by endpoint_id, day`.execute(ctx.db);
  return joined(rows.map(({ endpoint_id, day }) => windowOf(endpoint_id, day, range)));
}

function windowOf(endpointId: string, day: Date, range: Range): LogWindow {
  const from = Math.max(day.getTime(), range.from.getTime()) - LONGEST_REQUEST_MS;
  const to = Math.min(day.getTime() + DAY_MS, range.to.getTime());
  return { endpointId, from: new Date(from), to: new Date(to) };
}

/** Stretches that overlap become one, so that no row is read twice. */
function joined(windows: readonly LogWindow[]): LogWindow[] {
  const result: LogWindow[] = [];
  for (const window of windows) {
    const last = result.at(-1);
    if (last?.endpointId === window.endpointId && window.from <= last.to) {
      result[result.length - 1] = { ...last, to: window.to };
    } else result.push(window);
  }
  return result;
}
