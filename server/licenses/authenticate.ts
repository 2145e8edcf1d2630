import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import { DomainError } from "../errors.ts";
import { hashSecret } from "../secrets.ts";
import { activateDevice } from "./activate-device.ts";
import { licenseInactive } from "./lock.ts";

/** Who a license key and a device id stand for. */
export interface LicenseIdentity {
  readonly tenantId: string;
  readonly licenseId: string;
  readonly devicePk: string;
  readonly deviceId: string;
}

/**
 * Takes a license key with a device id for a caller, and activates the device when it is new.
 *
 * @throws DomainError unauthorized/invalid_license_key; forbidden/license_inactive; limit/device_limit
 */
export async function authenticateLicense(
  db: Db,
  input: {
    licenseKey: string;
    deviceId: string;
    requestId: string;
    deviceName?: string | undefined;
    platform?: string | undefined;
  },
): Promise<LicenseIdentity> {
  // Looked up by its hash: what the index compares tells nothing about the key.
  const license = await db
    .selectFrom("licenses")
    .select(["id", "tenant_id", "status", sql<boolean>`coalesce(expires_at <= now(), false)`.as("expired")])
    .where("key_hash", "=", hashSecret(input.licenseKey))
    .executeTakeFirst();
  if (!license) {
    throw new DomainError("unauthorized", "invalid_license_key", "this license key is not valid", {
      field: "licenseKey",
    });
  }
  if (license.status !== "active" || license.expired) throw licenseInactive();
  const devicePk = await activateDevice(db, {
    tenantId: license.tenant_id,
    licenseId: license.id,
    deviceId: input.deviceId,
    name: input.deviceName,
    platform: input.platform,
    requestId: input.requestId,
  });
  return { tenantId: license.tenant_id, licenseId: license.id, devicePk, deviceId: input.deviceId };
}
