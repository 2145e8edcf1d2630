import { type RawBuilder, type Selectable, sql } from "kysely";
import type { Db } from "../../db/client.ts";
import type { RequestBlocksTable, RequestsTable } from "../../db/schema/index.ts";
import { rowsOfBlock } from "./block-lines.ts";
import type { RequestCursor } from "./cursor.ts";
import { canBePlain, conditionsOfBlocks, conditionsOfRows, isMeant, type LogFilter } from "./log-filter.ts";

/** A stretch of the log of one endpoint; `from` and `to` are beginnings of requests, `to` not included. */
export interface LogStretch {
  readonly endpointId: string;
  readonly from?: Date;
  readonly to?: Date;
}

export interface LogQuestion {
  /** Whose log it is: nothing of others is read, whatever the endpoints. */
  readonly tenantId: string;
  readonly stretches: readonly LogStretch[];
  readonly filter?: LogFilter;
  /** Only what stands behind it. */
  readonly cursor: RequestCursor | null;
  readonly limit: number;
}

export type LogRow = Selectable<RequestsTable> & {
  /** `started_at` in microseconds since 1970, which a Date would cut. */
  readonly micros: number;
};

/** Blocks and lines that one round reads at most, when those before held too little of what is wanted. */
const MAX_ROUND_BLOCKS = 2_000;
const MAX_ROUND_LINES = 20_000;
const GROWTH = 4;

/**
 * The newest requests of stretches of the log, newest first: rows of `requests` and what is in blocks. Reads a block or two
 * for a page, as long as most of what is in them is wanted.
 */
export async function readLog(db: Db, question: LogQuestion): Promise<LogRow[]> {
  const { stretches, limit, filter = {} } = question;
  if (stretches.length === 0) return [];
  let rows = await readRows(db, question);
  if (!canBePlain(filter)) return rows;
  let after: Block | null = null;
  let size = { blocks: limit + 1, lines: limit };
  // Whatever is older than the last one of a full page is not on it.
  for (;;) {
    const since: Date | null = rows[limit - 1]?.started_at ?? null;
    const blocks: Block[] = await readBlocks(db, question, { after, since, size });
    const read = blocks.filter(({ lines }) => lines !== null);
    rows = newest([...rows, ...read.flatMap((block) => wantedRows(block, question))], limit);
    const next = blocks[read.length];
    after = read.at(-1) ?? null;
    if (next === undefined ? blocks.length < size.blocks : isPast(next, rows, limit)) return rows;
    // Once the page is full, what is left are blocks that lie across its end: all of them are needed.
    const lines = rows.length < limit ? size.lines * GROWTH : MAX_ROUND_LINES;
    size = {
      blocks: Math.min(MAX_ROUND_BLOCKS, size.blocks * GROWTH),
      lines: Math.min(MAX_ROUND_LINES, lines),
    };
  }
}

/** Order of the log: by beginning, then by id. */
function newest(rows: LogRow[], limit: number): LogRow[] {
  return rows.sort((a, b) => b.micros - a.micros || (a.id < b.id ? 1 : -1)).slice(0, limit);
}

function isPast(block: Block, rows: readonly LogRow[], limit: number): boolean {
  return rows.length === limit && rows.at(-1)!.micros > block.last_at.getTime() * 1_000;
}

async function readRows(
  db: Db,
  { tenantId, stretches, filter = {}, cursor, limit }: LogQuestion,
): Promise<LogRow[]> {
  const newestOf = ({ endpointId, from, to }: StretchTerms) => {
    const where = [
      sql`r.endpoint_id = ${endpointId}`,
      ...(from ? [sql`r.started_at >= ${from}`] : []),
      ...(to ? [sql`r.started_at < ${to}`] : []),
      sql`r.tenant_id = ${tenantId}`,
      ...conditionsOfRows(filter),
      ...(cursor === null
        ? []
        : [
            sql`(r.started_at, r.id) <
              (timestamptz 'epoch' + ${cursor.startedAtMicros} * interval '1 microsecond', ${cursor.id})`,
          ]),
    ];
    return sql`
      select r.* from requests as r
      where ${sql.join(where, sql` and `)}
      order by r.started_at desc, r.id desc
      limit ${limit}`;
  };
  // One index serves: each stretch gives its newest rows, and the newest of those are the page.
  const { rows } = await sql<LogRow>`
    select listed.*, (extract(epoch from listed.started_at) * 1000000)::bigint as micros
    from ${ofEach(stretches, newestOf)} as listed
    order by listed.started_at desc, listed.id desc
    limit ${limit}`.execute(db);
  return rows;
}

/** `lines` is null where there was enough without them. */
type Block = Omit<Selectable<RequestBlocksTable>, "lines"> & { readonly lines: string | null };

/**
 * Blocks that can hold what is wanted, those with the newest requests first.
 * @param round.since they hold a request that is no older
 */
async function readBlocks(
  db: Db,
  { tenantId, stretches, filter = {}, cursor }: LogQuestion,
  round: { after: Block | null; since: Date | null; size: { blocks: number; lines: number } },
): Promise<Block[]> {
  const { after, since, size } = round;
  const newestOf = ({ endpointId, from, to }: StretchTerms) => {
    const where = [
      sql`b.endpoint_id = ${endpointId}`,
      ...(from ? [sql`b.last_at >= ${from}`] : []),
      // Less than a minute lies between its first and its last request.
      ...(to ? [sql`b.last_at < ${to}::timestamptz + interval '1 minute'`, sql`b.first_at < ${to}`] : []),
      sql`b.tenant_id = ${tenantId}`,
      ...conditionsOfBlocks(filter),
      ...(cursor === null ? [] : notBefore(cursor)),
      ...(since === null ? [] : [sql`b.last_at >= ${since}`]),
      ...(after === null ? [] : [sql`(b.last_at, b.id) < (${after.last_at}, ${after.id})`]),
    ];
    return sql`
      select b.* from request_blocks as b
      where ${sql.join(where, sql` and `)}
      order by b.last_at desc, b.id desc
      limit ${size.blocks}`;
  };
  const counted = filter.forwarded ? sql`forwarded` : sql`requests`;
  const { rows } = await sql<Block>`
    select
      id, tenant_id, endpoint_id, access_key_id, connector_id, relay_id, first_at, last_at, requests, forwarded,
      case when newer < ${size.lines} then lines end as lines
    from (
      select *, coalesce(sum(${counted}) over (
        order by last_at desc, id desc rows between unbounded preceding and 1 preceding
      ), 0) as newer
      from (
        select distinct on (found.last_at, found.id) found.*
        from ${ofEach(stretches, newestOf)} as found
        order by found.last_at desc, found.id desc
        limit ${size.blocks}
      ) as newest
    ) as counted
    order by last_at desc, id desc`.execute(db);
  return rows;
}

function notBefore(cursor: RequestCursor): RawBuilder<unknown>[] {
  const at = sql`(timestamptz 'epoch' + ${cursor.startedAtMicros} * interval '1 microsecond')`;
  return [sql`b.last_at < ${at} + interval '1 minute'`, sql`b.first_at <= ${at}`];
}

/** The rows of a block that are behind the cursor, in one of the stretches, and pass the filter. */
function wantedRows(block: Block, { stretches, filter = {}, cursor }: LogQuestion): LogRow[] {
  const own = stretches.filter(({ endpointId }) => endpointId === block.endpoint_id);
  const rows: LogRow[] = [];
  for (const row of rowsOfBlock({ ...block, lines: block.lines! })) {
    const begunAt = row.started_at.getTime();
    const micros = begunAt * 1_000;
    if (cursor !== null && micros > cursor.startedAtMicros) continue;
    if (cursor !== null && micros === cursor.startedAtMicros && row.id >= cursor.id) continue;
    const isInside = ({ from, to }: LogStretch) =>
      begunAt >= (from?.getTime() ?? Number.NEGATIVE_INFINITY) &&
      begunAt < (to?.getTime() ?? Number.POSITIVE_INFINITY);
    if (own.some(isInside) && isMeant(row, filter)) rows.push({ ...row, micros });
  }
  return rows;
}

interface StretchTerms {
  readonly endpointId: RawBuilder<unknown> | string;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

/**
 * What a query gives for each stretch, together. Whole logs are asked for by one lateral query, of however many endpoints;
 * parts of logs are written out one by one, so that the planner sees how much of the log each is. There are hardly
 * more of them than rows on a page.
 */
function ofEach(
  stretches: readonly LogStretch[],
  query: (stretch: StretchTerms) => RawBuilder<unknown>,
): RawBuilder<unknown> {
  if (stretches.some(({ from, to }) => from || to)) {
    return sql`(${sql.join(
      stretches.map((stretch) => sql`(${query(stretch)})`),
      sql` union all `,
    )})`;
  }
  const ids = stretches.map(({ endpointId }) => endpointId);
  return sql`unnest(${ids}::text[]) as stretch (endpoint_id)
    cross join lateral (${query({ endpointId: sql`stretch.endpoint_id` })})`;
}
