import { sql } from "kysely";
import type { Db } from "../../../db/client.ts";
import type { UsageRecord } from "../../usage/index.ts";
import { difference, type Finding, timeOf } from "./finding.ts";

const HOUR_MS = 3_600_000;

interface Sum {
  requests: number;
  bytes: number;
  tokens: number;
}

/** What the journals on the disk add up to, by tenant and hour. */
export class HourSums {
  /** false: some records that were taken over are not in it. */
  isComplete = true;
  private readonly sums = new Map<string, Sum>();

  add(record: UsageRecord): void {
    const hour = Math.floor(record.endedAt / HOUR_MS) * HOUR_MS;
    const key = `${record.tenantId} ${hour}`;
    const sum = this.sums.get(key) ?? { requests: 0, bytes: 0, tokens: 0 };
    sum.requests += record.final ? 1 : 0;
    sum.bytes += record.bytesIn + record.bytesOut;
    sum.tokens += (record.usage?.inputTokens ?? 0) + (record.usage?.outputTokens ?? 0);
    this.sums.set(key, sum);
  }

  get(tenantId: string, hour: Date): Sum {
    return this.sums.get(`${tenantId} ${hour.getTime()}`) ?? { requests: 0, bytes: 0, tokens: 0 };
  }

  *entries(): Generator<{ tenantId: string; hour: Date; sum: Sum }> {
    for (const [key, sum] of this.sums) {
      const [tenantId, hour] = key.split(" ");
      yield { tenantId: tenantId!, hour: new Date(Number(hour)), sum };
    }
  }
}

/**
 * The sums by hour are those of the journals, where all of them are on the disk, and never less. What the request log still
 * has was counted in the hour in which it ended.
 */
export async function* checkHours(db: Db, journal: HourSums | null, now: Date): AsyncGenerator<Finding> {
  if (journal !== null) yield* compareWithJournals(db, journal);
  yield* compareWithRequests(db, now);
  yield* compareLonger(db, "usage_daily", "day");
  yield* compareLonger(db, "usage_monthly", "month");
}

async function* compareWithJournals(db: Db, journal: HourSums): AsyncGenerator<Finding> {
  const { rows } = await sql<{ tenant_id: string; hour: Date } & Sum>`
    select tenant_id, hour, sum(requests)::bigint as requests, sum(bytes_in + bytes_out)::bigint as bytes,
      sum(input_tokens + output_tokens)::bigint as tokens
    from usage_hourly group by tenant_id, hour order by hour, tenant_id`.execute(db);
  const seen = new Set<string>();
  for (const row of rows) {
    seen.add(`${row.tenant_id} ${row.hour.getTime()}`);
    const sum = journal.get(row.tenant_id, row.hour);
    for (const what of ["requests", "bytes", "tokens"] as const) {
      const isRight = journal.isComplete ? row[what] === sum[what] : row[what] >= sum[what];
      if (!isRight)
        yield difference(
          `tenant ${row.tenant_id}, hour ${timeOf(row.hour)}: ${row[what]} ${what} in the sums by hour, ${sum[what]} in the journals`,
        );
    }
  }
  for (const { tenantId, hour, sum } of journal.entries()) {
    if (!seen.has(`${tenantId} ${hour.getTime()}`) && sum.requests + sum.bytes + sum.tokens > 0)
      yield difference(
        `tenant ${tenantId}, hour ${timeOf(hour)}: ${sum.requests} requests in the journals, none in the sums by hour`,
      );
  }
}

/** Rows of running requests, and of those whose relay was killed, are in the log and not counted as requests. */
async function* compareWithRequests(db: Db, now: Date): AsyncGenerator<Finding> {
  // The shortest time that any plan keeps the log, less a day for requests that began long before they ended.
  const from = new Date(Math.ceil((now.getTime() - 6 * 24 * HOUR_MS) / HOUR_MS) * HOUR_MS);
  const { rows } = await sql<{ tenant_id: string; hour: Date; counted: number; logged: number }>`
    with logged as (
      select tenant_id, date_trunc('hour', started_at + duration_ms * interval '1 millisecond', 'UTC') as hour, count(*) as n
      from request_log where started_at >= ${from}::timestamptz - interval '1 day' group by 1, 2
    ), counted as (
      select tenant_id, hour, sum(requests) as n from usage_hourly where hour >= ${from} group by 1, 2
    )
    select counted.tenant_id, counted.hour, counted.n::bigint as counted, coalesce(logged.n, 0)::bigint as logged
    from counted left join logged using (tenant_id, hour)
    where counted.n > coalesce(logged.n, 0) order by 2, 1`.execute(db);
  for (const { tenant_id, hour, counted, logged } of rows) {
    yield difference(
      `tenant ${tenant_id}, hour ${timeOf(hour)}: ${counted} requests in the sums by hour, ${logged} in the request log`,
    );
  }
}

async function* compareLonger(
  db: Db,
  table: "usage_daily" | "usage_monthly",
  unit: "day" | "month",
): AsyncGenerator<Finding> {
  const { rows } = await sql<{ tenant_id: string; at: Date; what: string; hours: number; kept: number }>`
    with hours as (
      select tenant_id, date_trunc(${unit}, hour, 'UTC') as at, sum(requests) as requests,
        sum(bytes_in + bytes_out) as bytes, sum(input_tokens + output_tokens) as tokens
      from usage_hourly group by 1, 2
    ), kept as (
      select tenant_id, date_trunc(${unit}, ${sql.ref(unit)}::timestamptz, 'UTC') as at, sum(requests) as requests,
        sum(bytes_in + bytes_out) as bytes, sum(input_tokens + output_tokens) as tokens
      from ${sql.table(table)} group by 1, 2
    )
    select coalesce(hours.tenant_id, kept.tenant_id) as tenant_id, coalesce(hours.at, kept.at) as at, what,
      coalesce(h, 0)::bigint as hours, coalesce(k, 0)::bigint as kept
    from hours full join kept using (tenant_id, at),
      lateral (values ('requests', hours.requests, kept.requests), ('bytes', hours.bytes, kept.bytes),
        ('tokens', hours.tokens, kept.tokens)) as pairs (what, h, k)
    where coalesce(h, 0) <> coalesce(k, 0) order by 2, 1`.execute(db);
  for (const { tenant_id, at, what, hours, kept } of rows) {
    yield difference(
      `tenant ${tenant_id}, ${unit} of ${timeOf(at)}: ${kept} ${what} in the sums by ${unit}, ${hours} in those by hour`,
    );
  }
}
