import type { StandingOutput } from "../schemas.ts";
import { type BillingArgs, mutateBilling } from "./mutation.ts";
import { releaseSchedule } from "./schedule.ts";

/**
 * Keeps a subscription that was to end, and the plan that was to change. One that goes on anyway stays as it is.
 * @throws DomainError precondition/no_subscription: also when it has ended; a new one is bought then
 */
export function resumeSubscription(args: BillingArgs): Promise<StandingOutput> {
  return mutateBilling(args, async (mutation) => {
    const { stripe } = mutation;
    const subscription = await mutation.readSubscription();
    await releaseSchedule(mutation, subscription);
    // Stripe's own portal may have set the date instead of the flag.
    if (subscription.cancel_at_period_end) {
      await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: false });
    } else if (subscription.cancel_at !== null) {
      await stripe.subscriptions.update(subscription.id, { cancel_at: "" });
    }
    await mutation.audit({ action: "billing.resume", subject: subscription.id });
    await mutation.sync();
    return { subscription: await mutation.viewSubscription() };
  });
}
