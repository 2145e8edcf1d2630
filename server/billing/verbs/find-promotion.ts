import type { Stripe } from "stripe";
import { DomainError } from "../../errors.ts";

/**
 * Finds a promotion code that can be used now.
 * @param customerId a code may be meant for one customer only
 * @returns its id, `promo_…`
 * @throws DomainError invalid/coupon_invalid
 */
export async function findPromotion(stripe: Stripe, code: string, customerId: string): Promise<string> {
  const { data } = await stripe.promotionCodes.list({ code, active: true, limit: 10 });
  const found = data.find(({ customer }) => customer === null || customer === customerId);
  if (found) return found.id;
  throw new DomainError("invalid", "coupon_invalid", "this code is not valid, or no longer", {
    field: "coupon",
  });
}
