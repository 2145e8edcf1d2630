import { sql } from "kysely";
import { inTransaction, type Tx } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { notifyChange } from "../events.ts";
import { connectorNotFound } from "./internal.ts";
import { ConnectorIdInput } from "./schemas.ts";

/**
 * Ends a connector: its token is refused and relays cut its links at once. Doing it again changes nothing.
 * @throws DomainError not_found/connector_not_found
 */
export async function revokeConnector(args: {
  ctx: RequestContext;
  input: ConnectorIdInput;
}): Promise<{ connectorId: string }> {
  const { ctx } = args;
  requirePermission(ctx, "connectors:write");
  const { connectorId } = ConnectorIdInput.parse(args.input);
  return inTransaction(ctx.db, async (tx) => {
    const row = await tx
      .selectFrom("connectors")
      .select(["endpoint_id", "revoked_at"])
      .where("id", "=", connectorId)
      .where("tenant_id", "=", ctx.tenantId)
      .forUpdate()
      .executeTakeFirst();
    if (!row) throw connectorNotFound();
    if (!row.revoked_at) {
      await revokeConnectorsOf(tx, { tenantId: ctx.tenantId, endpointId: row.endpoint_id, connectorId });
      await recordAudit(tx, ctx, { action: "connector.revoke", subject: connectorId });
    }
    return { connectorId };
  });
}

/** Revokes the live connectors of an endpoint, a device, or one of them, and tells of each. */
export async function revokeConnectorsOf(
  tx: Tx,
  of: { tenantId: string; endpointId?: string; devicePk?: string; connectorId?: string },
): Promise<number> {
  const revoked = await tx
    .updateTable("connectors")
    .from("endpoints")
    .set({ revoked_at: sql`now()`, status: "offline", links: 0 })
    .whereRef("endpoints.id", "=", "connectors.endpoint_id")
    .where("connectors.tenant_id", "=", of.tenantId)
    .where("connectors.revoked_at", "is", null)
    .$if(of.endpointId !== undefined, (query) =>
      query.where("connectors.endpoint_id", "=", of.endpointId as string),
    )
    .$if(of.devicePk !== undefined, (query) =>
      query.where("connectors.device_pk", "=", of.devicePk as string),
    )
    .$if(of.connectorId !== undefined, (query) => query.where("connectors.id", "=", of.connectorId as string))
    .returning(["connectors.id", "connectors.endpoint_id", "endpoints.slug"])
    .execute();
  for (const row of revoked) {
    await notifyChange(tx, {
      type: "connector",
      connectorId: row.id,
      endpointId: row.endpoint_id,
      slug: row.slug,
      tenantId: of.tenantId,
    });
  }
  return revoked.length;
}
