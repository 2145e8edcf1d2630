import { z } from "zod";
import { isValid } from "../billing/discounts.ts";
import type { Coupon, PromotionCode } from "../core/billing-objects.ts";
import { badParam, StripeError } from "../core/errors.ts";
import {
  bool,
  decimal,
  int,
  mergeMetadata,
  metadata,
  page,
  params,
  text,
  timestamp,
} from "../core/params.ts";
import { route } from "../core/routes.ts";
import { listed } from "./listed.ts";

export const couponRoutes = [
  route(
    "POST",
    "/v1/coupons",
    params({
      id: text.optional(),
      amount_off: int.optional(),
      currency: text.optional(),
      duration: z.enum(["forever", "once", "repeating"]).optional(),
      duration_in_months: int.optional(),
      max_redemptions: int.optional(),
      metadata: metadata.optional(),
      name: text.max(40).optional(),
      percent_off: decimal.optional(),
      redeem_by: timestamp.optional(),
    }),
    ({ world, input }) => {
      if ((input.amount_off === undefined) === (input.percent_off === undefined)) {
        throw badParam("percent_off", "You must pass exactly one of `percent_off` and `amount_off`.");
      }
      if (input.duration === "repeating" && input.duration_in_months === undefined) {
        throw badParam(
          "duration_in_months",
          "Missing required param: duration_in_months.",
          "parameter_missing",
        );
      }
      if (input.id !== undefined && world.state.coupons.find(input.id)) {
        throw new StripeError(400, "Coupon already exists.", {
          code: "resource_already_exists",
          param: "id",
        });
      }
      const coupon: Coupon = {
        id: input.id ?? world.id("", 8).slice(1),
        object: "coupon",
        amount_off: input.amount_off ?? null,
        created: world.clock.now(),
        currency: input.amount_off === undefined ? null : (input.currency ?? "usd"),
        duration: input.duration ?? "once",
        duration_in_months: input.duration_in_months ?? null,
        livemode: false,
        max_redemptions: input.max_redemptions ?? null,
        metadata: mergeMetadata({}, input.metadata),
        name: input.name ?? null,
        percent_off: input.percent_off === undefined ? null : Number(input.percent_off),
        redeem_by: input.redeem_by ?? null,
        times_redeemed: 0,
        valid: true,
      };
      coupon.valid = isValid(coupon, world.clock.now());
      world.emit("coupon.created", coupon);
      return world.state.coupons.add(coupon);
    },
  ),
  route("GET", "/v1/coupons", params(page), ({ world, input }) =>
    listed(world.state.coupons, input, "/v1/coupons"),
  ),
  route("GET", "/v1/coupons/:id", params({}), ({ world, path }) => world.state.coupons.get(path.id!)),
  route("DELETE", "/v1/coupons/:id", params({}), ({ world, path }) => {
    const coupon = world.state.coupons.get(path.id!);
    // Who has it keeps it; nobody can redeem it any more.
    coupon.valid = false;
    coupon.max_redemptions = coupon.times_redeemed;
    world.emit("coupon.deleted", coupon);
    return { id: coupon.id, object: "coupon", deleted: true };
  }),
  route(
    "POST",
    "/v1/promotion_codes",
    params({
      active: bool.optional(),
      code: text.max(500).optional(),
      customer: text.optional(),
      expires_at: timestamp.optional(),
      max_redemptions: int.optional(),
      metadata: metadata.optional(),
      promotion: z.strictObject({ coupon: text, type: z.literal("coupon") }),
      restrictions: z.strictObject({ first_time_transaction: bool.optional() }).optional(),
    }),
    ({ world, input }) => {
      const coupon = world.state.coupons.get(input.promotion.coupon, "promotion[coupon]");
      const code = input.code ?? world.id("", 8).slice(1).toUpperCase();
      const taken = [...world.state.promotionCodes.values()].some(
        (one) => one.active && one.code.toLowerCase() === code.toLowerCase(),
      );
      if (taken) throw badParam("code", `An active promotion code with the code ${code} already exists.`);
      const made: PromotionCode = {
        id: world.id("promo"),
        object: "promotion_code",
        active: input.active ?? true,
        code,
        created: world.clock.now(),
        customer: input.customer ?? null,
        customer_account: null,
        expires_at: input.expires_at ?? null,
        livemode: false,
        max_redemptions: input.max_redemptions ?? null,
        metadata: mergeMetadata({}, input.metadata),
        promotion: { coupon: coupon.id, type: "coupon" },
        restrictions: {
          first_time_transaction: input.restrictions?.first_time_transaction ?? false,
          minimum_amount: null,
          minimum_amount_currency: null,
        },
        times_redeemed: 0,
      };
      world.emit("promotion_code.created", made);
      return world.state.promotionCodes.add(made);
    },
  ),
  route(
    "GET",
    "/v1/promotion_codes",
    params({
      ...page,
      active: bool.optional(),
      code: text.optional(),
      coupon: text.optional(),
      customer: text.optional(),
    }),
    ({ world, input }) =>
      listed(
        world.state.promotionCodes,
        input,
        "/v1/promotion_codes",
        (one) =>
          (input.active === undefined || one.active === input.active) &&
          (input.code === undefined || one.code.toLowerCase() === input.code.toLowerCase()) &&
          (input.coupon === undefined || one.promotion.coupon === input.coupon) &&
          (input.customer === undefined || one.customer === input.customer),
      ),
  ),
  route("GET", "/v1/promotion_codes/:id", params({}), ({ world, path }) =>
    world.state.promotionCodes.get(path.id!),
  ),
  route(
    "POST",
    "/v1/promotion_codes/:id",
    params({ active: bool.optional(), metadata: metadata.optional() }),
    ({ world, path, input }) => {
      const code = world.state.promotionCodes.get(path.id!);
      if (input.active !== undefined) code.active = input.active;
      code.metadata = mergeMetadata(code.metadata, input.metadata);
      world.emit("promotion_code.updated", code, {});
      return code;
    },
  ),
];
