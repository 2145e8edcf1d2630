import type { Selectable } from "kysely";
import type { Db } from "../../db/client.ts";
import type { SubscriptionsTable } from "../../db/schema/index.ts";

/** States that end nowhere by themselves; everything else may still cost money. */
export const endedStatuses = ["canceled", "incomplete_expired"] as const;

/** Whether a subscription can still cost money or be paid. */
export function isLive({ status }: { readonly status: string }): boolean {
  return !(endedStatuses as readonly string[]).includes(status);
}

/** The tenant's subscription that is not over, as Stripe last told it; null when there is none. */
export async function findLiveSubscription(
  db: Db,
  tenantId: string,
): Promise<Selectable<SubscriptionsTable> | null> {
  const row = await db
    .selectFrom("subscriptions")
    .selectAll()
    .where("tenant_id", "=", tenantId)
    .where("status", "not in", endedStatuses)
    // One that was never paid stands behind one that was.
    .orderBy((eb) => eb("status", "=", "incomplete"), "asc")
    .orderBy("created_at", "desc")
    .executeTakeFirst();
  return row ?? null;
}
