import type { Coupon, Discount, InvoiceLine, Subscription } from "../core/billing-objects.ts";
import { badParam, StripeError } from "../core/errors.ts";
import type { World } from "../world.ts";
import { exactCents, roundCents } from "./money.ts";
import { boundary } from "./period.ts";

/** A coupon or a promotion code by what names it in a parameter. */
export interface DiscountInput {
  coupon?: string | undefined;
  promotion_code?: string | undefined;
  discount?: string | undefined;
}

/** @throws StripeError 400 when it cannot be used (any more) */
export function makeDiscount(
  world: World,
  input: DiscountInput,
  customer: string,
  subscription: string | null,
): Discount {
  const { state } = world;
  if (input.discount !== undefined) return state.discounts.get(input.discount, "discounts");
  const now = world.now(customer);
  const code =
    input.promotion_code === undefined
      ? null
      : state.promotionCodes.get(input.promotion_code, "discounts[0][promotion_code]");
  if (
    code &&
    (!code.active ||
      (code.expires_at ?? now) < now ||
      code.times_redeemed >= (code.max_redemptions ?? Infinity))
  ) {
    throw new StripeError(400, "This promotion code cannot be redeemed.", {
      code: "promotion_code_invalid",
      param: "discounts",
    });
  }
  if (code?.customer && code.customer !== customer) {
    throw badParam("discounts", "This promotion code belongs to another customer.", "promotion_code_invalid");
  }
  if (
    code?.restrictions.first_time_transaction &&
    state.invoices.filter((one) => one.customer === customer && one.amount_paid > 0).length > 0
  ) {
    throw badParam(
      "discounts",
      "This promotion code is for first-time customers only.",
      "customer_has_prior_transactions",
    );
  }
  const couponId = code?.promotion.coupon ?? input.coupon;
  if (couponId === undefined)
    throw badParam("discounts", "You must specify one of `coupon`, `discount`, `promotion_code`.");
  const coupon = state.coupons.get(couponId, "discounts[0][coupon]");
  if (!isValid(coupon, now)) {
    throw new StripeError(400, `Coupon expired: ${coupon.id}`, {
      code: "coupon_expired",
      param: "discounts",
    });
  }
  coupon.times_redeemed++;
  coupon.valid = isValid(coupon, now);
  if (code) code.times_redeemed++;
  const months = coupon.duration === "repeating" ? coupon.duration_in_months : null;
  return state.discounts.add({
    id: world.id("di"),
    object: "discount",
    checkout_session: null,
    customer,
    customer_account: null,
    end: months === null ? null : boundary(now, { interval: "month", interval_count: 1 }, months),
    invoice: null,
    invoice_item: null,
    promotion_code: code?.id ?? null,
    source: { coupon: coupon.id, type: "coupon" },
    start: now,
    subscription,
    subscription_item: null,
    _used: false,
  });
}

/** Takes discounts back that came to nothing: nobody has redeemed them. */
export function unredeem(world: World, ids: readonly string[]): void {
  for (const id of ids) {
    const discount = world.state.discounts.get(id);
    const coupon = world.state.coupons.get(discount.source.coupon);
    coupon.times_redeemed--;
    coupon.valid = isValid(coupon, world.now(discount.customer));
    if (discount.promotion_code) world.state.promotionCodes.get(discount.promotion_code).times_redeemed--;
    world.state.discounts.delete(id);
  }
}

export const isValid = (coupon: Coupon, now: number) =>
  (coupon.redeem_by === null || coupon.redeem_by >= now) &&
  (coupon.max_redemptions === null || coupon.times_redeemed < coupon.max_redemptions);

/** The discounts that an invoice of now gets. */
export function liveDiscounts(world: World, subscription: Subscription, at: number): string[] {
  return subscription.discounts.filter((id) => {
    const discount = world.state.discounts.find(id);
    return discount !== undefined && !discount._used && (discount.end === null || discount.end > at);
  });
}

/** A coupon for one invoice is used up, one whose time is over is taken off. */
export function settleDiscounts(
  world: World,
  subscription: Subscription,
  used: readonly string[],
  at: number,
): void {
  for (const id of used) {
    const discount = world.state.discounts.get(id);
    if (world.state.coupons.get(discount.source.coupon).duration === "once") discount._used = true;
  }
  const live = liveDiscounts(world, subscription, at);
  const gone = subscription.discounts.filter((id) => !live.includes(id));
  subscription.discounts = live;
  for (const id of gone) world.emit("customer.discount.deleted", world.state.discounts.get(id));
}

/**
 * Takes discounts off the lines, one after the other, each off what is left. The whole is rounded once and spread over
 * the lines, so that the lines add up to it.
 * @returns what each discount took
 */
export function applyDiscounts(
  world: World,
  lines: readonly InvoiceLine[],
  ids: readonly string[],
): { amount: number; discount: string }[] {
  const left = lines.map(({ amount, discountable }) => (discountable ? amount : 0));
  for (const line of lines) line.discount_amounts = [];
  return ids.map((id) => {
    const coupon = world.state.coupons.get(world.state.discounts.get(id).source.coupon);
    const base = left.reduce((sum, amount) => sum + amount, 0);
    const amount =
      coupon.percent_off === null
        ? Math.min(Math.max(base, 0), coupon.amount_off ?? 0)
        : roundCents((BigInt(base) * exactCents(String(coupon.percent_off))) / 100n);
    spread(amount, left).forEach((share, at) => {
      left[at]! -= share;
      if (share !== 0) lines[at]!.discount_amounts.push({ amount: share, discount: id });
    });
    return { amount, discount: id };
  });
}

/** Shares of a whole in proportion to the weights; they add up to it exactly. */
function spread(whole: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0 || whole === 0) return weights.map(() => 0);
  let given = 0;
  let seen = 0;
  return weights.map((weight) => {
    seen += weight;
    // Rounded on the running sum: what rounding takes from one line the next one gets.
    const until = roundCents((BigInt(whole) * BigInt(seen) * exactCents("1")) / BigInt(total));
    const share = until - given;
    given = until;
    return share;
  });
}
