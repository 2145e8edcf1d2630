import { randomBytes } from "node:crypto";
import { type Db, inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { DomainError } from "../errors.ts";
import { newId } from "../ids.ts";
import { plans } from "../plans.ts";

/**
 * Makes the tenant of a user who just verified their address: organization, owner, free plan, license. A user who is a
 * member somewhere already keeps that tenant, so a repeated hook makes nothing.
 *
 * @throws DomainError not_found/user_not_found
 */
export async function createTenant(
  db: Db,
  input: { userId: string; name?: string | undefined; requestId: string },
): Promise<{ tenantId: string; licenseId: string; created: boolean }> {
  return inTransaction(db, async (tx) => {
    // The lock makes two hooks of one user come one after the other.
    const user = await tx
      .selectFrom("user")
      .select(["id", "name", "email"])
      .where("id", "=", input.userId)
      .forUpdate()
      .executeTakeFirst();
    if (!user) throw new DomainError("not_found", "user_not_found", "there is no such user");
    const existing = await tx
      .selectFrom("member")
      .innerJoin("licenses", "licenses.tenant_id", "member.organizationId")
      .select(["licenses.tenant_id", "licenses.id"])
      .where("member.userId", "=", user.id)
      .where("licenses.status", "=", "active")
      .orderBy("member.createdAt")
      .executeTakeFirst();
    if (existing) return { tenantId: existing.tenant_id, licenseId: existing.id, created: false };

    const tenantId = newId("ten");
    const licenseId = newId("lic");
    const now = new Date();
    await tx
      .insertInto("organization")
      .values({
        id: tenantId,
        name: nameOf(input.name ?? user.name, user.email),
        slug: `t-${randomBytes(8).toString("hex")}`,
        logo: null,
        createdAt: now,
        metadata: null,
      })
      .execute();
    await tx
      .insertInto("member")
      .values({ id: newId("mem"), organizationId: tenantId, userId: user.id, role: "owner", createdAt: now })
      .execute();
    await tx.insertInto("tenant_settings").values({ tenant_id: tenantId, plan: "free" }).execute();
    await tx
      .insertInto("licenses")
      .values({ id: licenseId, tenant_id: tenantId, plan: "free", device_limit: plans.free.devices })
      .execute();
    await recordAudit(
      tx,
      { tenantId, userId: user.id, requestId: input.requestId },
      { action: "tenant.create", subject: tenantId, detail: { plan: "free" } },
    );
    return { tenantId, licenseId, created: true };
  });
}

/** A tenant is named after its first user until somebody renames it. */
function nameOf(name: string, email: string): string {
  return name.trim().slice(0, 80) || email.slice(0, email.indexOf("@")).slice(0, 80) || "Account";
}
