import { columns } from "../../db/schema/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import type { LicenseOutput } from "./schemas.ts";

/**
 * The tenant's license (the active one, else the newest) with the devices that hold a place.
 * @throws DomainError not_found/license_not_found
 */
export async function getLicense(args: { ctx: RequestContext }): Promise<LicenseOutput> {
  const { ctx } = args;
  requirePermission(ctx, "license:read");
  const license = await ctx.db
    .selectFrom("licenses")
    .select(columns.license)
    .where("tenant_id", "=", ctx.tenantId)
    .orderBy((eb) => eb("status", "=", "active"), "desc")
    .orderBy("created_at", "desc")
    .executeTakeFirst();
  if (!license) throw new DomainError("not_found", "license_not_found", "this account has no license");
  const devices = await ctx.db
    .selectFrom("devices")
    .select(columns.device)
    .where("license_id", "=", license.id)
    .where("tenant_id", "=", ctx.tenantId)
    .where("released_at", "is", null)
    .orderBy("created_at")
    .execute();
  return {
    id: license.id,
    plan: license.plan,
    status: license.status,
    keyHint: license.key_hint,
    keyIssuedAt: license.key_issued_at?.toISOString() ?? null,
    deviceLimit: license.device_limit,
    devices: devices.map((device) => ({
      id: device.id,
      deviceId: device.device_id,
      name: device.name,
      platform: device.platform,
      createdAt: device.created_at.toISOString(),
      lastSeenAt: device.last_seen_at.toISOString(),
    })),
  };
}
