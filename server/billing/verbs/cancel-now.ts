import type { Db } from "../../../db/client.ts";
import { DomainError } from "../../errors.ts";
import type { CancelNowInput, StandingOutput } from "../schemas.ts";
import { type BillingVerbDeps, mutateBilling } from "./mutation.ts";
import { reportUsage } from "./report-usage.ts";
import { releaseSchedule } from "./schedule.ts";

/**
 * Ends a tenant's subscription at once, for operators: what was used is reported and invoiced, what was paid for and not
 * used is not given back. The tenant falls to the free plan; nothing is deleted.
 *
 * @throws DomainError not_found/tenant_not_found; precondition/no_subscription; unavailable/usage_unreported: Stripe
 *   does not have all usage, and would never bill it
 */
export async function cancelSubscriptionNow(
  args: { db: Db; requestId: string; deps: BillingVerbDeps },
  { tenantId, reason }: CancelNowInput,
): Promise<StandingOutput> {
  const { db, requestId, deps } = args;
  const tenant = await db
    .selectFrom("tenant_settings")
    .select("tenant_id")
    .where("tenant_id", "=", tenantId)
    .executeTakeFirst();
  if (!tenant) throw new DomainError("not_found", "tenant_not_found", "there is no such account");
  const ctx = { tenantId, userId: null, permissions: ["*"], requestId, db } as const;
  return mutateBilling({ ctx, deps }, async (mutation) => {
    const { stripe } = mutation;
    const subscription = await mutation.readSubscription();
    await releaseSchedule(mutation, subscription);
    await reportUsage(mutation);
    const settle = subscription.status === "incomplete" ? {} : { invoice_now: true };
    await mutation.order("cancel-now", { subscription: subscription.id }, (idempotencyKey) =>
      stripe.subscriptions.cancel(subscription.id, settle, { idempotencyKey }),
    );
    await mutation.audit({ action: "billing.cancel_now", subject: subscription.id, detail: { reason } });
    await mutation.sync();
    return { subscription: await mutation.viewSubscription() };
  });
}
