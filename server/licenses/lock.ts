import { sql } from "kysely";
import type { Tx } from "../../db/client.ts";
import { DomainError } from "../errors.ts";

/**
 * Locks the tenant's active license until the transaction ends, so that what a plan limits is counted by one caller at
 * a time.
 *
 * @throws DomainError forbidden/license_inactive
 */
export async function lockActiveLicense(tx: Tx, tenantId: string) {
  const license = await tx
    .selectFrom("licenses")
    .select(["id", "plan", "device_limit"])
    .where("tenant_id", "=", tenantId)
    .where("status", "=", "active")
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", sql<Date>`now()`)]))
    .forUpdate()
    .executeTakeFirst();
  if (!license) throw licenseInactive();
  return license;
}

export function licenseInactive(): DomainError {
  return new DomainError(
    "forbidden",
    "license_inactive",
    "this license is not active: see License in the portal",
  );
}
