import type { Db } from "../../db/client.ts";
import { planOf } from "../plans.ts";
import { findLiveSubscription } from "./find-subscription.ts";

/**
 * Members that a tenant may have: the seats it pays for; those of its plan when nobody pays. People who are there
 * already stay when it becomes less.
 */
export async function seatLimitOf(db: Db, tenantId: string): Promise<number> {
  const { plan, plan_source } = await db
    .selectFrom("tenant_settings")
    .select(["plan", "plan_source"])
    .where("tenant_id", "=", tenantId)
    .executeTakeFirstOrThrow();
  const { maxSeats } = planOf(plan);
  if (plan_source !== "subscription") return maxSeats;
  const subscription = await findLiveSubscription(db, tenantId);
  return Math.min(subscription?.seats ?? maxSeats, maxSeats);
}
