import { sql } from "kysely";
import { columns } from "../../db/schema/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { getEndpointBySlug } from "../endpoints/index.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
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
  const micros = sql<number>`(extract(epoch from requests.started_at) * 1000000)::bigint`;
  // One index serves: each endpoint gives its newest rows, and the newest of those are the page.
  const rows = await ctx.db
    .selectFrom((eb) =>
      eb
        .selectFrom("endpoints")
        .select(["id", "slug", "tenant_id"])
        .where("tenant_id", "=", ctx.tenantId)
        .$if(endpointId !== null, (query) => query.where("id", "=", endpointId as string))
        .as("endpoints"),
    )
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom("requests as of_endpoint")
          .selectAll()
          .whereRef("of_endpoint.endpoint_id", "=", "endpoints.id")
          .whereRef("of_endpoint.tenant_id", "=", "endpoints.tenant_id")
          .$if(cursor !== null, (query) =>
            query.where(
              sql<boolean>`(of_endpoint.started_at, of_endpoint.id) <
                (timestamptz 'epoch' + ${cursor?.startedAtMicros} * interval '1 microsecond', ${cursor?.id})`,
            ),
          )
          .orderBy("of_endpoint.started_at", "desc")
          .orderBy("of_endpoint.id", "desc")
          .limit(limit + 1)
          .as("requests"),
      (join) => join.onTrue(),
    )
    .leftJoin("access_keys", (join) =>
      join
        .onRef("access_keys.id", "=", "requests.access_key_id")
        .onRef("access_keys.tenant_id", "=", "requests.tenant_id"),
    )
    .select(columns.request)
    .select(["endpoints.slug", "access_keys.name as access_key_name", micros.as("micros")])
    .orderBy("requests.started_at", "desc")
    .orderBy("requests.id", "desc")
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
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
