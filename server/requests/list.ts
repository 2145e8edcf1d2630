import { type RequestContext, requirePermission } from "../context.ts";
import { getEndpointBySlug } from "../endpoints/index.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { withNames } from "./log-names.ts";
import { readLog } from "./read-log.ts";
import type { ListRequestsInput, ListRequestsOutput } from "./schemas.ts";
import { timingOf } from "./timing.ts";

const DEFAULT_LIMIT = 50;

/**
 * One page of the tenant's request log, newest first. Rows that arrive meanwhile do not shift later pages.
 * @throws DomainError not_found/endpoint_not_found, invalid/invalid_cursor
 */
export async function listRequests(args: {
  ctx: RequestContext;
  input: ListRequestsInput;
}): Promise<ListRequestsOutput> {
  const { ctx, input } = args;
  requirePermission(ctx, "requests:read");
  const endpointId =
    input.slug === undefined ? null : (await getEndpointBySlug(ctx.db, ctx.tenantId, input.slug, "slug")).id;
  const cursor = input.cursor === undefined ? null : decodeCursor(input.cursor);
  const limit = input.limit ?? DEFAULT_LIMIT;
  const rows = await readLog(ctx.db, {
    tenantId: ctx.tenantId,
    stretches: (endpointId === null ? await endpointIdsOf(ctx) : [endpointId]).map((endpointId) => ({
      endpointId,
    })),
    cursor,
    limit: limit + 1,
  });
  const page = await withNames(ctx, rows.slice(0, limit));
  const last = page.at(-1);
  return {
    requests: page.map((row) => ({
      id: row.id,
      slug: row.slug,
      startedAt: row.started_at.toISOString(),
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
      tokens:
        row.api_kind === null
          ? null
          : {
              model: row.model,
              input: row.input_tokens ?? 0,
              output: row.output_tokens ?? 0,
              source: row.usage_source ?? "none",
              status: row.usage_status ?? "complete",
            },
    })),
    nextCursor:
      last && rows.length > limit ? encodeCursor({ startedAtMicros: last.micros, id: last.id }) : null,
  };
}

/** Of all endpoints that the tenant ever had: requests outlive their names. */
async function endpointIdsOf({ db, tenantId }: RequestContext): Promise<string[]> {
  const rows = await db.selectFrom("endpoints").select("id").where("tenant_id", "=", tenantId).execute();
  return rows.map(({ id }) => id);
}
