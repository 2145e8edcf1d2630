import { z } from "zod";
import { badParam, StripeError } from "../core/errors.ts";
import type { Price, Tier } from "../core/objects.ts";
import { bool, decimal, int, mergeMetadata, metadata, page, params, text } from "../core/params.ts";
import { route } from "../core/routes.ts";
import type { World } from "../world.ts";
import { changed } from "./customers.ts";
import { listed } from "./listed.ts";
import { createProduct } from "./products.ts";

const tier = z.strictObject({
  flat_amount: int.optional(),
  flat_amount_decimal: decimal.optional(),
  unit_amount: int.optional(),
  unit_amount_decimal: decimal.optional(),
  up_to: z.union([z.literal("inf").transform(() => null), int]),
});

const fields = {
  active: bool.optional(),
  billing_scheme: z.enum(["per_unit", "tiered"]).optional(),
  currency: z.string().regex(/^[a-z]{3}$/),
  lookup_key: text.max(200).optional(),
  metadata: metadata.optional(),
  nickname: text.optional(),
  product: text.optional(),
  product_data: z
    .strictObject({ name: text, metadata: metadata.optional(), active: bool.optional() })
    .optional(),
  recurring: z
    .strictObject({
      interval: z.enum(["day", "week", "month", "year"]),
      interval_count: int.optional(),
      meter: text.optional(),
      usage_type: z.enum(["licensed", "metered"]).optional(),
    })
    .optional(),
  tax_behavior: z.enum(["exclusive", "inclusive", "unspecified"]).optional(),
  tiers: z.array(tier).min(1).optional(),
  tiers_mode: z.enum(["graduated", "volume"]).optional(),
  transfer_lookup_key: bool.optional(),
  transform_quantity: z.strictObject({ divide_by: int, round: z.enum(["up", "down"]) }).optional(),
  unit_amount: int.optional(),
  unit_amount_decimal: decimal.optional(),
};
type Fields = z.output<z.ZodObject<typeof fields>>;

/** Whole cents where an amount has no fraction; the decimal form is there always. */
function amounts(whole: number | undefined, exact: string | undefined, param: string) {
  if (whole !== undefined && exact !== undefined) {
    throw badParam(param, `You may only specify one of these parameters: ${param}, ${param}_decimal.`);
  }
  const decimalText = exact === undefined ? (whole === undefined ? null : String(whole)) : trimmed(exact);
  return {
    whole: decimalText !== null && /^-?\d+$/.test(decimalText) ? Number(decimalText) : null,
    exact: decimalText,
  };
}

const trimmed = (exact: string) =>
  exact.includes(".") ? exact.replace(/0+$/, "").replace(/\.$/, "") : exact;

function tiersOf(input: Fields): Tier[] | null {
  if (input.billing_scheme !== "tiered") {
    if (input.tiers || input.tiers_mode)
      throw badParam("tiers", "You can only pass `tiers` when `billing_scheme` is `tiered`.");
    return null;
  }
  if (!input.tiers) throw badParam("tiers", "Missing required param: tiers.", "parameter_missing");
  if (!input.tiers_mode)
    throw badParam("tiers_mode", "Missing required param: tiers_mode.", "parameter_missing");
  if (input.transform_quantity)
    throw badParam("transform_quantity", "`transform_quantity` cannot be combined with `tiers`.");
  const tiers = input.tiers.map((given, at) => {
    const unit = amounts(given.unit_amount, given.unit_amount_decimal, `tiers[${at}][unit_amount]`);
    const flat = amounts(given.flat_amount, given.flat_amount_decimal, `tiers[${at}][flat_amount]`);
    if (unit.exact === null && flat.exact === null) {
      throw badParam(`tiers[${at}][unit_amount]`, "A tier must have `unit_amount`, `flat_amount` or both.");
    }
    return {
      flat_amount: flat.whole,
      flat_amount_decimal: flat.exact,
      unit_amount: unit.whole,
      unit_amount_decimal: unit.exact,
      up_to: given.up_to,
    };
  });
  const bounds = tiers.map(({ up_to }) => up_to ?? Number.POSITIVE_INFINITY);
  if (
    bounds.at(-1) !== Number.POSITIVE_INFINITY ||
    bounds.some((bound, at) => bound <= (bounds[at - 1] ?? 0))
  ) {
    throw badParam("tiers", "Tiers must be in ascending order of `up_to`, and the last one must be `inf`.");
  }
  return tiers;
}

/** A metered price needs an active meter; a licensed one has none. */
function recurringOf(world: World, input: Fields): Price["recurring"] {
  const { recurring } = input;
  if (!recurring) return null;
  const usageType = recurring.usage_type ?? "licensed";
  if (usageType === "metered" && recurring.meter === undefined) {
    throw badParam(
      "recurring[meter]",
      "Metered prices must be backed by a meter: pass `recurring[meter]`.",
      "parameter_missing",
    );
  }
  if (usageType === "licensed" && recurring.meter !== undefined) {
    throw badParam("recurring[meter]", "`meter` can only be set when `usage_type` is `metered`.");
  }
  if (
    recurring.meter !== undefined &&
    world.state.meters.get(recurring.meter, "recurring[meter]").status !== "active"
  ) {
    throw badParam("recurring[meter]", "The meter is inactive and cannot be attached to a price.");
  }
  return {
    interval: recurring.interval,
    interval_count: recurring.interval_count ?? 1,
    meter: recurring.meter ?? null,
    trial_period_days: null,
    usage_type: usageType,
  };
}

/** A lookup key names one price at a time; it moves only when that is asked for. */
function takeLookupKey(world: World, key: string, transfer: boolean, price: Price | null): void {
  const holder = [...world.state.prices.values()].find(
    (other) => other.lookup_key === key && other !== price,
  );
  if (!holder) return;
  if (!transfer) {
    const message = `A price (\`${holder.id}\`) already uses that lookup key.`;
    throw new StripeError(400, message, { param: "lookup_key", code: "resource_already_exists" });
  }
  holder.lookup_key = null;
  world.emit("price.updated", holder, { lookup_key: key });
}

export function createPrice(world: World, input: Fields): Price {
  const { state } = world;
  if ((input.product === undefined) === (input.product_data === undefined)) {
    throw badParam(
      "product",
      "You must specify exactly one of `product` and `product_data`.",
      "parameter_missing",
    );
  }
  if (input.product !== undefined) state.products.get(input.product, "product");
  const tiers = tiersOf(input);
  const unit = amounts(input.unit_amount, input.unit_amount_decimal, "unit_amount");
  if (tiers === null && unit.exact === null) {
    throw badParam(
      "unit_amount",
      "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.",
      "parameter_missing",
    );
  }
  const recurring = recurringOf(world, input);
  if (input.lookup_key !== undefined)
    takeLookupKey(world, input.lookup_key, input.transfer_lookup_key ?? false, null);
  const product = input.product ?? createProduct(world, input.product_data!).id;
  const price: Price = {
    id: world.id("price"),
    object: "price",
    active: input.active ?? true,
    billing_scheme: input.billing_scheme ?? "per_unit",
    created: world.clock.now(),
    currency: input.currency,
    custom_unit_amount: null,
    livemode: false,
    lookup_key: input.lookup_key ?? null,
    metadata: mergeMetadata({}, input.metadata),
    nickname: input.nickname ?? null,
    product,
    recurring,
    tax_behavior: input.tax_behavior ?? "unspecified",
    tiers_mode: tiers === null ? null : input.tiers_mode!,
    transform_quantity: input.transform_quantity ?? null,
    type: recurring ? "recurring" : "one_time",
    unit_amount: tiers === null ? unit.whole : null,
    unit_amount_decimal: tiers === null ? unit.exact : null,
    _tiers: tiers,
  };
  state.prices.add(price);
  world.emit("price.created", price);
  return price;
}

export const priceRoutes = [
  route("POST", "/v1/prices", params(fields), ({ world, input }) => createPrice(world, input)),
  route(
    "GET",
    "/v1/prices",
    params({
      ...page,
      active: bool.optional(),
      currency: text.optional(),
      lookup_keys: z.array(text).max(10).optional(),
      product: text.optional(),
      recurring: z
        .strictObject({ meter: text.optional(), usage_type: text.optional(), interval: text.optional() })
        .optional(),
      type: z.enum(["one_time", "recurring"]).optional(),
    }),
    ({ world, input }) =>
      listed(
        world.state.prices,
        input,
        "/v1/prices",
        (price) =>
          (input.active === undefined || price.active === input.active) &&
          (input.currency === undefined || price.currency === input.currency) &&
          (!input.lookup_keys || input.lookup_keys.includes(price.lookup_key ?? "")) &&
          (input.product === undefined || price.product === input.product) &&
          (input.type === undefined || price.type === input.type) &&
          (input.recurring?.meter === undefined || price.recurring?.meter === input.recurring.meter) &&
          (input.recurring?.usage_type === undefined ||
            price.recurring?.usage_type === input.recurring.usage_type),
      ),
  ),
  route("GET", "/v1/prices/:id", params({}), ({ world, path }) => world.state.prices.get(path.id!)),
  // Amount, currency and period of a price never change: there are no such parameters here.
  route(
    "POST",
    "/v1/prices/:id",
    params({
      active: bool.optional(),
      lookup_key: z.string().max(200).optional(),
      metadata: metadata.optional(),
      nickname: z.string().optional(),
      tax_behavior: z.enum(["exclusive", "inclusive", "unspecified"]).optional(),
      transfer_lookup_key: bool.optional(),
    }),
    ({ world, path, input }) => {
      const price = world.state.prices.get(path.id!);
      const before = structuredClone(price);
      if (input.lookup_key) takeLookupKey(world, input.lookup_key, input.transfer_lookup_key ?? false, price);
      if (input.lookup_key !== undefined) price.lookup_key = input.lookup_key || null;
      if (input.active !== undefined) price.active = input.active;
      if (input.nickname !== undefined) price.nickname = input.nickname || null;
      if (input.tax_behavior !== undefined) price.tax_behavior = input.tax_behavior;
      price.metadata = mergeMetadata(price.metadata, input.metadata);
      world.emit("price.updated", price, changed(before, price));
      return price;
    },
  ),
];
