import type { StandingOutput } from "../schemas.ts";
import { type BillingArgs, mutateBilling } from "./mutation.ts";
import { releaseSchedule } from "./schedule.ts";

/**
 * Lets the subscription end with its present period; until then everything stays, and it can be resumed. A change that
 * waited for the same moment is called off. Cancelling again changes nothing.
 *
 * @throws DomainError precondition/no_subscription
 */
export function cancelSubscription(args: BillingArgs): Promise<StandingOutput> {
  return mutateBilling(args, async (mutation) => {
    const subscription = await mutation.readSubscription();
    await releaseSchedule(mutation, subscription);
    if (!subscription.cancel_at_period_end && subscription.cancel_at === null) {
      await mutation.stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    }
    await mutation.audit({ action: "billing.cancel", subject: subscription.id });
    await mutation.sync();
    return { subscription: await mutation.viewSubscription() };
  });
}
