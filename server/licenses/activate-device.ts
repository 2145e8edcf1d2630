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
  if (seen) {
    await requirePlace(db, input, seen);
    return seen;
  }
  return inTransaction(db, async (tx) => {
    const license = await lockActiveLicense(tx, input.tenantId);
    // Another request of this device may have been first; with the license locked the answer stays true.
    const meanwhile = await noteSeen(tx, input);
    if (meanwhile) {
      await requirePlace(tx, input, meanwhile);
      return meanwhile;
    }
    const { used } = await tx
      .selectFrom("devices")
      .select(sql<number>`count(*)::int`.as("used"))
      .where("license_id", "=", license.id)
      .where("tenant_id", "=", input.tenantId)
      .where("released_at", "is", null)
      .executeTakeFirstOrThrow();
    if (used >= license.device_limit) {
      throw deviceLimit(license.device_limit, used);
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

/**
 * After a change to a smaller plan the oldest devices keep their places, the newer ones are refused until others are
 * released. Connectors that run keep their tokens until these end.
 *
 * @throws DomainError limit/device_limit with `limit` and `used`
 */
async function requirePlace(db: Db, { tenantId, licenseId }: DeviceInput, devicePk: string): Promise<void> {
  const { limit, used, rank } = await db
    .selectFrom("devices")
    .innerJoin("licenses", "licenses.id", "devices.license_id")
    .select([
      sql<number>`max(licenses.device_limit)`.as("limit"),
      sql<number>`count(*)::int`.as("used"),
      sql<number>`(count(*) filter (where (devices.created_at, devices.id) <=
        (select d.created_at, d.id from devices d where d.id = ${devicePk})))::int`.as("rank"),
    ])
    .where("devices.license_id", "=", licenseId)
    .where("devices.tenant_id", "=", tenantId)
    .where("devices.released_at", "is", null)
    .executeTakeFirstOrThrow();
  if (rank > limit) throw deviceLimit(limit, used);
}

function deviceLimit(limit: number, used: number): DomainError {
  return new DomainError(
    "limit",
    "device_limit",
    used > limit
      ? `your plan allows ${limit} devices and ${used} are active: release some in the portal`
      : `this license is active on ${used} devices already: release one in the portal`,
    { limit, used },
  );
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
