import { DomainError } from "../../errors.ts";
import type { ApplyCouponInput, StandingOutput } from "../schemas.ts";
import { isRefused } from "../stripe-errors.ts";
import { idOf } from "../sync/times.ts";
import { findPromotion } from "./find-promotion.ts";
import { type BillingArgs, mutateBilling } from "./mutation.ts";

/**
 * Uses a promotion code for the subscription, from its next invoice on.
 * @throws DomainError precondition/no_subscription; invalid/coupon_invalid; conflict/coupon_present: one is in use
 */
export function applyCoupon(args: BillingArgs & { input: ApplyCouponInput }): Promise<StandingOutput> {
  const { coupon } = args.input;
  return mutateBilling(args, async (mutation) => {
    const { stripe } = mutation;
    const subscription = await mutation.readSubscription();
    if (subscription.discounts.length > 0) {
      throw new DomainError(
        "conflict",
        "coupon_present",
        "a discount is in use already: it has to end first",
      );
    }
    const promotion = await findPromotion(stripe, coupon, idOf(subscription.customer)!);
    const what = { subscription: subscription.id, promotion };
    await mutation
      .order("coupon", what, (idempotencyKey) =>
        stripe.subscriptions.update(
          subscription.id,
          { discounts: [{ promotion_code: promotion }] },
          { idempotencyKey },
        ),
      )
      .catch((error: unknown) => {
        if (!isRefused(error)) throw error;
        // Such as a code for first orders only.
        throw new DomainError(
          "invalid",
          "coupon_invalid",
          error.message,
          { field: "coupon" },
          { cause: error },
        );
      });
    await mutation.audit({ action: "billing.apply_coupon", subject: subscription.id, detail: { coupon } });
    await mutation.sync();
    return { subscription: await mutation.viewSubscription() };
  });
}
