import type { Db } from "../../db/client.ts";
import { createTenant, findMembership } from "../tenants/index.ts";

/** Gives the id of the user's tenant. */
export type EnsureTenant = (user: { id: string }) => Promise<string>;

/**
 * Gives the tenant of a user, and makes one when there is none: when the address is verified, or at a later sign-in
 * if that failed. Any number of times, also at once.
 *
 * @param onCreated told of each new tenant, once it is there
 */
export function createEnsureTenant(db: Db, onCreated?: (tenantId: string) => void): EnsureTenant {
  return async (user) => {
    const membership = await findMembership(db, { userId: user.id, tenantId: null });
    if (membership) return membership.tenantId;
    const { tenantId } = await createTenant(db, { userId: user.id, requestId: "sign-in" });
    onCreated?.(tenantId);
    return tenantId;
  };
}
