import type { Db } from "../../db/client.ts";

/** The tenant's newest subscription that ever began: its times say which billing period runs. Null without one. */
export async function findCurrentSubscription(db: Db, tenantId: string) {
  const row = await db
    .selectFrom("subscriptions")
    .select(["status", "seats", "current_period_start", "current_period_end", "ended_at", "trial_end"])
    .where("tenant_id", "=", tenantId)
    .where("status", "not in", ["incomplete", "incomplete_expired"])
    .orderBy("created_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}
