import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import { DomainError } from "../errors.ts";
import type { Bucket } from "./schemas.ts";

/** From (inclusive) to (exclusive). */
export interface Range {
  readonly from: Date;
  readonly to: Date;
}

const DAY_MS = 86_400_000;

/**
 * Days that one report may span, so that a busy tenant's is answered in a fifth of a second. Days of another zone than
 * UTC are added up from hours and its months from days, of which there are many.
 */
const longest = { hour: 32, day: 400, month: 1_100 } as const satisfies Record<Bucket, number>;
const longestInZone = { hour: 32, day: 35, month: 200 } as const satisfies Record<Bucket, number>;

/**
 * Reads the ends of a range. A date alone (`2026-11-01`) is the start of that day in the time zone.
 *
 * @throws DomainError invalid/invalid_range
 */
export async function readRange(
  db: Db,
  texts: { from: string; to: string },
  timeZone: string,
): Promise<Range> {
  const [from, to] = await Promise.all([
    readMoment(db, texts.from, "from", timeZone),
    readMoment(db, texts.to, "to", timeZone),
  ]);
  if (from < to) return { from, to };
  throw new DomainError("invalid", "invalid_range", "from must be before to", { field: "from" });
}

/** @throws DomainError invalid/range_too_long with the limit in days */
export function requireLength(range: Range, bucket: Bucket | "none", timeZone: string): void {
  const inZone = bucket !== "none" && timeZone !== "UTC";
  const limitDays = bucket === "none" ? longest.month : (inZone ? longestInZone : longest)[bucket];
  const days = (range.to.getTime() - range.from.getTime()) / DAY_MS;
  if (days <= limitDays) return;
  const unit = bucket === "none" ? "" : ` by the ${bucket}${inZone ? " outside UTC" : ""}`;
  throw new DomainError("invalid", "range_too_long", `at most ${limitDays} days${unit}`, {
    field: "from",
    limitDays,
  });
}

async function readMoment(db: Db, text: string, field: string, timeZone: string): Promise<Date> {
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const at = new Date(text);
  // JavaScript takes 30 February for 2 March.
  const isReal = !Number.isNaN(at.getTime()) && (!isDate || at.toISOString().startsWith(text));
  if (!isReal || at.getUTCFullYear() < 2000 || at.getUTCFullYear() > 2200) {
    throw new DomainError("invalid", "invalid_range", `${field}: no such moment`, { field });
  }
  if (!isDate || timeZone === "UTC") return at;
  const { rows } = await sql<{ at: Date }>`
    select ${text}::date::timestamp at time zone ${timeZone} as at`.execute(db);
  return rows[0]!.at;
}

/**
 * Where the buckets of a range begin, and its end: one more than there are buckets. The first and the last bucket are
 * cut at the range's ends. Days and months follow the time zone, so that a day at the change of clocks has 23 or 25
 * hours; hours are those of UTC.
 */
export async function bucketEdges(
  db: Db,
  range: Range,
  bucket: Bucket,
  timeZone: string,
): Promise<readonly [Date, ...Date[]]> {
  const starts =
    bucket === "hour"
      ? sql`select generate_series(date_trunc('hour', ${range.from}::timestamptz, 'UTC'), ${range.to}, interval '1 hour') as start`
      : sql`
        select generate_series(
          date_trunc(${bucket}, ${range.from}::timestamptz at time zone ${timeZone}),
          ${range.to}::timestamptz at time zone ${timeZone},
          ${`1 ${bucket}`}::interval
        ) at time zone ${timeZone} as start`;
  const { rows } = await sql<{ start: Date }>`
    select start from (${starts}) as s
    where start > ${range.from} and start < ${range.to}
    order by start`.execute(db);
  return [range.from, ...rows.map(({ start }) => start), range.to];
}
