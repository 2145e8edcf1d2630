import { sql } from "kysely";
import { type Db, inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { DomainError } from "../errors.ts";
import { newId } from "../ids.ts";
import { lockActiveLicense } from "./lock.ts";

/** A device as it names itself; name and platform stay as they were when they are left out. */
interface DeviceInput {
  readonly tenantId: string;
  readonly licenseId: string;
  readonly deviceId: string;
  readonly name?: string | undefined;
  readonly platform?: string | undefined;
}

/**
 * Gives a device its place on a license, the first time it is seen, and notes that it was seen.
 *
 * @returns `devices.id`
 * @throws DomainError limit/device_limit with `limit` and `used`: release a device first
 */
export async function activateDevice(db: Db, input: DeviceInput & { requestId: string }): Promise<string> {
  const seen = await noteSeen(db, input);
  if (seen) return seen;
  return inTransaction(db, async (tx) => {
    const license = await lockActiveLicense(tx, input.tenantId);
    // Another request of this device may have been first; with the license locked the answer stays true.
    const meanwhile = await noteSeen(tx, input);
    if (meanwhile) return meanwhile;
    const { used } = await tx
      .selectFrom("devices")
      .select(sql<number>`count(*)::int`.as("used"))
      .where("license_id", "=", license.id)
      .where("tenant_id", "=", input.tenantId)
      .where("released_at", "is", null)
      .executeTakeFirstOrThrow();
    if (used >= license.device_limit) {
      throw new DomainError(
        "limit",
        "device_limit",
        `this license is active on ${used} devices already: release one in the portal`,
        { limit: license.device_limit, used },
      );
    }
    const id = newId("dev");
    await tx
      .insertInto("devices")
      .values({
        id,
        tenant_id: input.tenantId,
        license_id: license.id,
        device_id: input.deviceId,
        name: input.name ?? null,
        platform: input.platform ?? null,
      })
      .execute();
    await recordAudit(
      tx,
      { tenantId: input.tenantId, userId: null, requestId: input.requestId },
      { action: "device.activate", subject: id, detail: { deviceId: input.deviceId } },
    );
    return id;
  });
}

async function noteSeen(db: Db, input: DeviceInput): Promise<string | null> {
  const row = await db
    .updateTable("devices")
    .set({
      last_seen_at: sql`now()`,
      ...(input.name === undefined ? {} : { name: input.name }),
      ...(input.platform === undefined ? {} : { platform: input.platform }),
    })
    .where("license_id", "=", input.licenseId)
    .where("tenant_id", "=", input.tenantId)
    .where("device_id", "=", input.deviceId)
    .where("released_at", "is", null)
    .returning("id")
    .executeTakeFirst();
  return row?.id ?? null;
}
