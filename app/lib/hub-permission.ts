import type { PortalSession } from "../bridge/context.ts";

/** Whether somebody may add and change hubs: owners and admins, as hubs cost money and hold backups. */
export function canManageHubs({ tenant }: Pick<PortalSession, "tenant">): boolean {
  return tenant.permissions.includes("*") || tenant.permissions.includes("hubs:write");
}
