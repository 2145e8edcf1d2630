import { sql } from "kysely";
import type { Db } from "../../db/client.ts";

/** Seats that are taken: members, and invitations that may still be accepted. */
export async function countSeatsUsed(db: Db, tenantId: string): Promise<number> {
  const { members } = await db
    .selectFrom("member")
    .select(sql<number>`count(*)::int`.as("members"))
    .where("organizationId", "=", tenantId)
    .executeTakeFirstOrThrow();
  const { invited } = await db
    .selectFrom("invitation")
    .select(sql<number>`count(*)::int`.as("invited"))
    .where("organizationId", "=", tenantId)
    .where("status", "=", "pending")
    .where("expiresAt", ">", sql<Date>`now()`)
    .executeTakeFirstOrThrow();
  return members + invited;
}
