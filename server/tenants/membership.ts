import type { Db } from "../../db/client.ts";

/** A user in one tenant, as it is now. */
export interface Membership {
  readonly tenantId: string;
  readonly tenantName: string;
  /** As better-auth stores it: one role, or several joined by commas. */
  readonly role: string;
}

/**
 * The tenant a user works in: the wanted one if they still belong to it, else the one they joined first; null when they
 * belong to none. Read at every request, so that a removed member is out at once.
 */
export async function findMembership(
  db: Db,
  input: { userId: string; tenantId: string | null },
): Promise<Membership | null> {
  const rows = await db
    .selectFrom("member")
    .innerJoin("organization", "organization.id", "member.organizationId")
    .innerJoin("tenant_settings", "tenant_settings.tenant_id", "organization.id")
    .select(["organization.id as tenantId", "organization.name as tenantName", "member.role"])
    .where("member.userId", "=", input.userId)
    .orderBy("member.createdAt")
    .execute();
  return rows.find((row) => row.tenantId === input.tenantId) ?? rows[0] ?? null;
}
