import type { Db } from "../../db/client.ts";

/** A trial is for an account's first subscription. One whose first payment never came does not count. */
export async function isTrialAvailable(db: Db, tenantId: string): Promise<boolean> {
  const earlier = await db
    .selectFrom("subscriptions")
    .select("id")
    .where("tenant_id", "=", tenantId)
    .where("status", "not in", ["incomplete", "incomplete_expired"])
    .limit(1)
    .executeTakeFirst();
  return earlier === undefined;
}
