import { type RawBuilder, type Selectable, sql } from "kysely";
import type { RequestsTable } from "../../db/schema/index.ts";

/** Which requests of the log are meant; what is left out does not matter. */
export interface LogFilter {
  /** When they ended. */
  readonly ended?: { readonly from: Date; readonly to: Date };
  /** Handed to an upstream; what we answered ourselves is in no figure. */
  readonly forwarded?: true;
  /** Null: without a key. */
  readonly accessKeyId?: string | null;
  /** Null: without a model. */
  readonly model?: string | null;
  /** Those of which something was counted. */
  readonly with?: "bytes" | "tokens";
}

/** Plain requests, which are in blocks, have neither model nor tokens. */
export function canBePlain({ model, with: counted }: LogFilter): boolean {
  return (model === undefined || model === null) && counted !== "tokens";
}

/** The filter for rows of `requests`, named `r`. */
export function conditionsOfRows(filter: LogFilter): RawBuilder<unknown>[] {
  const { ended, forwarded, accessKeyId, model, with: counted } = filter;
  const endedAt = sql`(r.started_at + r.duration_ms * interval '1 millisecond')`;
  return [
    // Nearly always true, which the planner cannot know of an expression but takes of a case.
    ...(ended
      ? [sql`case when ${endedAt} >= ${ended.from} and ${endedAt} < ${ended.to} then true else false end`]
      : []),
    ...(forwarded ? [sql`r.forwarded`] : []),
    ...(accessKeyId === undefined ? [] : [same(sql`r.access_key_id`, accessKeyId)]),
    ...(model === undefined ? [] : [same(sql`r.model`, model)]),
    ...(counted === "bytes" ? [sql`r.bytes_in + r.bytes_out > 0`] : []),
    ...(counted === "tokens" ? [sql`r.input_tokens + r.output_tokens > 0`] : []),
  ];
}

/** What of the filter can be said of a whole block, named `b`. */
export function conditionsOfBlocks({ forwarded, accessKeyId }: LogFilter): RawBuilder<unknown>[] {
  return [
    ...(forwarded ? [sql`b.forwarded > 0`] : []),
    ...(accessKeyId === undefined ? [] : [same(sql`b.access_key_id`, accessKeyId)]),
  ];
}

/** What is left of it for the rows of a block. */
export function isMeant(row: Selectable<RequestsTable>, filter: LogFilter): boolean {
  const { ended, forwarded, with: counted } = filter;
  if (forwarded && !row.forwarded) return false;
  if (counted === "bytes" && row.bytes_in + row.bytes_out === 0) return false;
  if (ended === undefined) return true;
  const endedAt = row.started_at.getTime() + row.duration_ms;
  return endedAt >= ended.from.getTime() && endedAt < ended.to.getTime();
}

function same(column: RawBuilder<unknown>, value: string | null): RawBuilder<unknown> {
  return value === null ? sql`${column} is null` : sql`${column} = ${value}`;
}
