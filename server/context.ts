import type { Db } from "../db/client.ts";
import { DomainError } from "./errors.ts";

/** What a caller may do inside its tenant. `*` grants everything. */
export const permissions = [
  "tenant:read",
  "license:read",
  "license:write",
  "devices:write",
  "endpoints:read",
  "endpoints:write",
  "connectors:read",
  "connectors:write",
  "access_keys:read",
  "access_keys:write",
  "api_keys:read",
  "api_keys:write",
  "requests:read",
  "usage:read",
  "billing:read",
  "billing:write",
  "hubs:read",
  "hubs:write",
] as const;
export type Permission = (typeof permissions)[number] | "*";

/** Who acts, for which tenant, and on what database. Every verb takes one; nothing is implied. */
export interface RequestContext {
  readonly tenantId: string;
  /** null when a license acts: a device has no user. */
  readonly userId: string | null;
  readonly permissions: readonly Permission[];
  readonly requestId: string;
  /** The pool, or an open transaction that the verb then joins. */
  readonly db: Db;
}

/** @throws DomainError forbidden/permission_missing */
export function requirePermission(ctx: RequestContext, needed: (typeof permissions)[number]): void {
  if (ctx.permissions.includes("*") || ctx.permissions.includes(needed)) return;
  throw new DomainError("forbidden", "permission_missing", `this needs the permission ${needed}`, {
    permission: needed,
  });
}

/** What the roles of an organization may do. A member works with endpoints and sees what they cost; spending money and the account's own keys are for admins. */
const rolePermissions: Record<string, readonly Permission[]> = {
  owner: ["*"],
  admin: ["*"],
  member: [
    "tenant:read",
    "license:read",
    "endpoints:read",
    "endpoints:write",
    "connectors:read",
    "connectors:write",
    "access_keys:read",
    "access_keys:write",
    "requests:read",
    "usage:read",
    "billing:read",
    "hubs:read",
  ],
};

/** Permissions of a role as better-auth stores it: one role, or several joined by commas. */
export function permissionsOfRole(role: string): Permission[] {
  return [...new Set(role.split(",").flatMap((name) => rolePermissions[name.trim()] ?? []))];
}

/** What a license key with a device may do: run a connector, manage its own endpoints, switch a hub on. */
export const licensePermissions: readonly Permission[] = [
  "tenant:read",
  "license:read",
  "endpoints:read",
  "endpoints:write",
  "connectors:read",
  "connectors:write",
  "hubs:read",
  "hubs:write",
];
