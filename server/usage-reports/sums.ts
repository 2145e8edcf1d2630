import { type RawBuilder, sql } from "kysely";
import type { Db } from "../../db/client.ts";
import {
  type FigureName,
  type Figures,
  figureNames,
  type MetricName,
  sumOf,
  sumsOfAllFigures,
} from "./figures.ts";
import type { Filters } from "./filters.ts";
import { piecesOf } from "./pieces.ts";
import type { Range } from "./range.ts";
import type { GroupBy } from "./schemas.ts";

/** What to add up: rows of one tenant between the first and the last edge, edges ascending. */
interface Question {
  readonly tenantId: string;
  readonly edges: readonly Date[];
  readonly filters: Filters;
}

/** The sum of a group in a bucket. `groupId` is null for the sum of all groups that are not among the first. */
export interface GroupSum {
  readonly bucket: number;
  readonly groupId: string | null;
  readonly values: readonly number[];
}

/**
 * Adds up metrics by bucket and group. The `top` groups with most of the first metric over the whole range stand alone,
 * the others as one.
 *
 * @returns rows without order; buckets in which nothing happened are left out. Bucket 0 is the first.
 */
export async function sumByBucket(
  db: Db,
  question: Question & { by: GroupBy | null; metrics: readonly MetricName[]; top: number },
): Promise<GroupSum[]> {
  const { edges, by, metrics, top } = question;
  const names = metrics.map((_, index) => sql.ref(`m${index}`));
  const starts = edges.slice(0, -1);
  const { rows } = await sql<{ bucket: number; group_id: string | null } & Record<`m${number}`, number>>`
    with grouped as materialized (
      select
        width_bucket(u.at, ${starts}::timestamptz[]) - 1 as bucket, ${groupOf(by)} as group_id,
        ${sql.join(metrics.map((metric, index) => sql`${sumOf(metric)} as ${names[index]}`))}
      from (${rowsOf(question)}) as u
      group by 1, 2
    ), first as (
      select group_id from grouped
      group by group_id
      order by sum(m0) desc, group_id
      limit ${top}
    )
    select
      bucket, first.group_id, ${sql.join(names.map((name) => sql`sum(${name})::bigint as ${name}`))}
    from grouped left join first using (group_id)
    group by 1, 2`.execute(db);
  return rows.map((row) => ({
    bucket: row.bucket,
    groupId: row.group_id,
    values: metrics.map((_, index) => row[`m${index}`]!),
  }));
}

/**
 * All figures of each group in the range, those with most of the metric first. The groups past the `top` are one row,
 * the last one, with null as its id.
 */
export async function sumByGroup(
  db: Db,
  question: Omit<Question, "edges"> & { range: Range; by: GroupBy | null; metric: MetricName; top: number },
): Promise<(Figures & { groupId: string | null; groups: number })[]> {
  const { range, by, metric, top } = question;
  const { rows } = await sql<Record<FigureName, number> & { groupId: string | null; groups: number }>`
    with grouped as materialized (
      select ${groupOf(by)} as group_id, ${sumOf(metric)} as metric, ${sumsOfAllFigures()}
      from (${rowsOf({ ...question, edges: [range.from, range.to] })}) as u
      group by 1
    ), ranked as (
      select *, row_number() over (order by metric desc, group_id) as place from grouped
    )
    select
      case when place <= ${top} then group_id end as "groupId", count(*)::integer as groups,
      ${sql.join(figureNames.map((name) => sql`sum(${sql.ref(name)})::bigint as ${sql.ref(name)}`))}
    from ranked
    group by 1, least(place, ${top}::integer + 1)
    order by min(place)`.execute(db);
  return rows;
}

/** All figures by bucket and group, in order. */
export async function sumAll(
  db: Db,
  question: Question & { by: GroupBy | null },
): Promise<(Figures & { bucket: number; groupId: string })[]> {
  const { rows } = await sql<Record<FigureName, number> & { bucket: number; groupId: string }>`
    select
      width_bucket(u.at, ${question.edges.slice(0, -1)}::timestamptz[]) - 1 as bucket,
      ${groupOf(question.by)} as "groupId", ${sumsOfAllFigures()}
    from (${rowsOf(question)}) as u
    group by 1, 2
    order by 1, 2`.execute(db);
  return rows;
}

const groupColumn = { endpoint: "endpoint_id", access_key: "access_key_id", model: "model" } as const;

const groupOf = (by: GroupBy | null) => (by === null ? sql`''` : sql`u.${sql.ref(groupColumn[by])}`);

/**
 * Rows of the roll-ups that a question is about; `at` is the start of their hour, day or month. An hour belongs to the bucket
 * in which it starts.
 */
function rowsOf({ tenantId, edges, filters }: Question): RawBuilder<unknown> {
  const pieces = piecesOf(edges);
  const conditions = conditionsOf(filters);
  const reads = units.flatMap((unit) => {
    if (pieces[unit].length === 0) return [];
    const time = sql`h.${sql.ref(unit)}`;
    const where = [sql`h.tenant_id = ${tenantId}`, within(time, pieces[unit]), ...conditions];
    return sql`
      select
        ${time} as at, h.endpoint_id, h.access_key_id, h.model, h.requests, h.errors, h.bytes_in, h.bytes_out,
        h.connection_ms, h.input_tokens, h.cached_tokens, h.cache_write_tokens, h.output_tokens, h.reasoning_tokens,
        h.estimated_tokens, h.unmetered_requests
      from ${sql.table(tableOf[unit])} as h
      where ${sql.join(where, sql` and `)}`;
  });
  return sql.join(reads, sql` union all `);
}

const units = ["month", "day", "hour"] as const;
const tableOf = { month: "usage_monthly", day: "usage_daily", hour: "usage_hourly" } as const;

/** Written out, not joined from a list: so the planner sees how little of the table it is. */
function within(time: RawBuilder<unknown>, ranges: readonly Range[]): RawBuilder<unknown> {
  const parts = ranges.map(({ from, to }) => sql`(${time} >= ${from} and ${time} < ${to})`);
  return sql`(${sql.join(parts, sql` or `)})`;
}

/** The filters as conditions on a roll-up under the alias `h`. */
export function conditionsOf({ endpointIds, accessKeyId, model }: Filters): RawBuilder<unknown>[] {
  return [
    ...(endpointIds ? [sql`h.endpoint_id = any(${endpointIds}::text[])`] : []),
    ...(accessKeyId === null ? [] : [sql`h.access_key_id = ${accessKeyId}`]),
    ...(model === null ? [] : [sql`h.model = ${model}`]),
  ];
}
