import { sql } from "kysely";
import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import type { BucketUseInput, BucketUseOutput } from "../hubs/schemas.ts";

const DAY_MS = 86_400_000;

/**
 * What the bucket of a hub held and was asked, by day of UTC, oldest first; the last day is today's so far. Hubs of an account
 * share the bucket.
 *
 * @throws DomainError not_found/hub_not_found
 */
export async function getBucketUse(args: {
  ctx: RequestContext;
  input: BucketUseInput;
  now?: Date;
}): Promise<BucketUseOutput> {
  const { ctx, input, now = new Date() } = args;
  requirePermission(ctx, "hubs:read");
  const hub = await ctx.db
    .selectFrom("hubs")
    .select("bucket_id")
    .where("tenant_id", "=", ctx.tenantId)
    .where("hub_id", "=", input.hubId)
    .where("removed_at", "is", null)
    .executeTakeFirst();
  if (!hub) throw new DomainError("not_found", "hub_not_found", "there is no such hub", { field: "hubId" });
  if (hub.bucket_id === null) return { days: [] };
  const first = new Date(now.getTime() - (input.days - 1) * DAY_MS).toISOString().slice(0, 10);
  const rows = await ctx.db
    .selectFrom("hub_bucket_days")
    .select(sql<string>`to_char(day, 'YYYY-MM-DD')`.as("date"))
    .select(["peak_bytes", "objects", "class_a", "class_b", "carried"])
    .where("tenant_id", "=", ctx.tenantId)
    .where("bucket_id", "=", hub.bucket_id)
    .where("day", ">=", first)
    .orderBy("day")
    .execute();
  return {
    days: rows.map((row) => ({
      day: row.date,
      peakBytes: row.peak_bytes,
      objects: row.objects,
      writes: row.class_a,
      reads: row.class_b,
      carried: row.carried,
    })),
  };
}
