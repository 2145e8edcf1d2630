import { sql } from "kysely";
import { inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { revokeConnectorsOf } from "../connectors/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import { ReleaseDeviceInput, type ReleaseDeviceOutput } from "./schemas.ts";

/**
 * Takes a device off the license: its place is free again and its connectors stop. The device can come back with the
 * license key, so issue a new key when it was lost.
 *
 * @throws DomainError not_found/device_not_found
 */
export async function releaseDevice(args: {
  ctx: RequestContext;
  input: ReleaseDeviceInput;
}): Promise<ReleaseDeviceOutput> {
  const { ctx } = args;
  requirePermission(ctx, "devices:write");
  const { id } = ReleaseDeviceInput.parse(args.input);
  return inTransaction(ctx.db, async (tx) => {
    const device = await tx
      .updateTable("devices")
      .set({ released_at: sql`now()` })
      .where("id", "=", id)
      .where("tenant_id", "=", ctx.tenantId)
      .where("released_at", "is", null)
      .returning(["id", "device_id"])
      .executeTakeFirst();
    if (!device)
      throw new DomainError("not_found", "device_not_found", "there is no such device", { field: "id" });
    await revokeConnectorsOf(tx, { tenantId: ctx.tenantId, devicePk: device.id });
    await recordAudit(tx, ctx, {
      action: "device.release",
      subject: device.id,
      detail: { deviceId: device.device_id },
    });
    return { id: device.id, deviceId: device.device_id };
  });
}
