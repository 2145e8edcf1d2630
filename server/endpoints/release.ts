import { sql } from "kysely";
import { inTransaction, type Tx } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { revokeConnectorsOf } from "../connectors/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { notifyChange } from "../events.ts";
import { getEndpointOfTenant } from "./internal.ts";
import { EndpointSlugInput, type ReleaseEndpointOutput } from "./schemas.ts";

/** How long a released name is kept from others: old clients and old links still point at it. */
export const COOLDOWN_DAYS = 30;

/**
 * Gives a name back: the endpoint, its connectors, TCP tunnels and own access keys stop at the commit. For 30 days only this
 * tenant may claim the name again.
 *
 * @throws DomainError not_found/endpoint_not_found
 */
export async function releaseEndpoint(args: {
  ctx: RequestContext;
  input: EndpointSlugInput;
}): Promise<ReleaseEndpointOutput> {
  const { ctx } = args;
  requirePermission(ctx, "endpoints:write");
  const input = EndpointSlugInput.parse(args.input);
  return inTransaction(ctx.db, async (tx) => {
    const { id, slug } = await getEndpointOfTenant(tx, ctx.tenantId, input.slug);
    await tx
      .updateTable("endpoints")
      .set({ released_at: sql`now()` })
      .where("id", "=", id)
      .where("tenant_id", "=", ctx.tenantId)
      .execute();
    await revokeConnectorsOf(tx, { tenantId: ctx.tenantId, endpointId: id });
    await tx
      .updateTable("access_keys")
      .set({ revoked_at: sql`now()` })
      .where("endpoint_id", "=", id)
      .where("tenant_id", "=", ctx.tenantId)
      .where("revoked_at", "is", null)
      .execute();
    await removeDomainsOf(tx, { tenantId: ctx.tenantId, endpointId: id, slug });
    const { rows: ports } = await sql`
      update tcp_tunnels set released_at = now(), served_by = null, served_at = null, fault = null
        where endpoint_id = ${id} and tenant_id = ${ctx.tenantId} and released_at is null
        returning port`.execute(tx);
    if (ports.length > 0) {
      await tx
        .updateTable("tcp_ranges")
        .set({ last_used_at: sql`now()` })
        .where("tenant_id", "=", ctx.tenantId)
        .execute();
    }
    const available = sql<Date>`now() + make_interval(days => ${COOLDOWN_DAYS})`;
    const { available_at } = await tx
      .insertInto("released_names")
      .values({ slug, tenant_id: ctx.tenantId, released_at: sql`now()`, available_at: available })
      .onConflict((conflict) =>
        conflict
          .column("slug")
          .doUpdateSet({ tenant_id: ctx.tenantId, released_at: sql`now()`, available_at: available }),
      )
      .returning("available_at")
      .executeTakeFirstOrThrow();
    await recordAudit(tx, ctx, { action: "endpoint.release", subject: id, detail: { slug } });
    await notifyChange(tx, { type: "endpoint", endpointId: id, slug, tenantId: ctx.tenantId });
    return { slug, availableAt: available_at.toISOString() };
  });
}

/** Its host names stop with it, at once: what is still set in somebody's DNS must lead nowhere. */
async function removeDomainsOf(
  tx: Tx,
  { tenantId, endpointId, slug }: { tenantId: string; endpointId: string; slug: string },
): Promise<void> {
  const removed = await tx
    .updateTable("custom_domains")
    .set({ removed_at: sql`now()`, held_since: null, next_check_at: null })
    .where("endpoint_id", "=", endpointId)
    .where("tenant_id", "=", tenantId)
    .where("removed_at", "is", null)
    .returning("host")
    .execute();
  for (const { host } of removed) {
    await notifyChange(tx, { type: "endpoint", endpointId, slug, tenantId, host });
  }
  if (removed.length > 0) await notifyChange(tx, { type: "certificate" });
}
