import { z } from "zod";
import { checkPrice, checkTogether } from "../billing/items.ts";
import { badParam, StripeError } from "../core/errors.ts";
import {
  bool,
  inRange,
  int,
  mergeMetadata,
  metadata,
  page,
  params,
  range,
  text,
  timestamp,
} from "../core/params.ts";
import type { CheckoutSession } from "../core/payment-objects.ts";
import { route } from "../core/routes.ts";
import { checkoutLines, type World } from "../world.ts";
import { getCustomer } from "./get-customer.ts";
import { listed } from "./listed.ts";
import { makeSetupIntent } from "./payments.ts";
import { trialSettings } from "./subscriptions.ts";

const HOUR = 3600;

const fields = params({
  allow_promotion_codes: bool.optional(),
  automatic_tax: z.strictObject({ enabled: bool }).optional(),
  billing_address_collection: z.enum(["auto", "required"]).optional(),
  cancel_url: z.url().optional(),
  client_reference_id: text.max(200).optional(),
  currency: text.optional(),
  customer: text.optional(),
  customer_email: text.optional(),
  customer_update: z
    .strictObject({
      address: z.enum(["auto", "never"]).optional(),
      name: z.enum(["auto", "never"]).optional(),
    })
    .optional(),
  discounts: z
    .array(z.strictObject({ coupon: text.optional(), promotion_code: text.optional() }))
    .max(1)
    .optional(),
  expires_at: timestamp.optional(),
  line_items: z
    .array(z.strictObject({ price: text, quantity: int.optional() }))
    .min(1)
    .max(40)
    .optional(),
  locale: text.optional(),
  metadata: metadata.optional(),
  mode: z.enum(["subscription", "setup"]),
  payment_method_collection: z.enum(["always", "if_required"]).optional(),
  setup_intent_data: z.strictObject({ metadata: metadata.optional() }).optional(),
  subscription_data: z
    .strictObject({
      billing_cycle_anchor: timestamp.optional(),
      billing_mode: z.strictObject({ type: z.enum(["classic", "flexible"]) }).optional(),
      description: text.optional(),
      metadata: metadata.optional(),
      proration_behavior: z.enum(["create_prorations", "none"]).optional(),
      trial_end: timestamp.optional(),
      trial_period_days: int.optional(),
      trial_settings: trialSettings.optional(),
    })
    .optional(),
  success_url: text,
  tax_id_collection: z
    .strictObject({ enabled: bool, required: z.enum(["if_supported", "never"]).optional() })
    .optional(),
  ui_mode: z.literal("hosted_page").optional(),
});
type Fields = z.output<typeof fields>;

/** The rules of section 8. */
function check(world: World, input: Fields, now: number): void {
  if (input.customer !== undefined && input.customer_email !== undefined) {
    throw badParam(
      "customer_email",
      "You may only specify one of these parameters: customer, customer_email.",
    );
  }
  if (input.allow_promotion_codes !== undefined && input.discounts !== undefined) {
    throw badParam(
      "discounts",
      "You may only specify one of these parameters: allow_promotion_codes, discounts.",
    );
  }
  if (
    input.tax_id_collection?.enabled &&
    input.customer !== undefined &&
    input.customer_update?.name !== "auto"
  ) {
    const message =
      "Tax ID collection requires updating business name on the customer. To enable tax ID collection for an existing customer, please set `customer_update[name]` to `auto`.";
    throw badParam("tax_id_collection[enabled]", message);
  }
  const expires = input.expires_at ?? now + 24 * HOUR;
  if (expires < now + HOUR / 2 || expires > now + 24 * HOUR) {
    throw badParam(
      "expires_at",
      "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session creation.",
    );
  }
  if (input.mode === "setup") {
    if (input.line_items) throw badParam("line_items", "You cannot pass `line_items` in `setup` mode.");
    return;
  }
  if (!input.line_items)
    throw badParam("line_items", "Missing required param: line_items.", "parameter_missing");
  const prices = input.line_items.map(({ price, quantity }, at) => {
    const found = checkPrice(world, price, quantity, `line_items[${at}]`);
    if (found.recurring!.usage_type === "licensed" && quantity === undefined) {
      throw badParam(
        `line_items[${at}][quantity]`,
        "Quantity is required. Add `quantity` to `line_items`.",
        "parameter_missing",
      );
    }
    return found;
  });
  checkTogether(prices);
  const trialEnd = input.subscription_data?.trial_end;
  if (trialEnd !== undefined && trialEnd < now + 48 * HOUR) {
    throw badParam(
      "subscription_data[trial_end]",
      "The `trial_end` date has to be at least 2 days in the future.",
    );
  }
}

function create(world: World, input: Fields): CheckoutSession {
  const customer = input.customer === undefined ? null : getCustomer(world, input.customer, "customer");
  const now = world.now(customer);
  check(world, input, now);
  const lines = (input.line_items ?? []).map(({ price, quantity }) => ({
    price,
    ...(quantity === undefined ? {} : { quantity }),
  }));
  const subtotal = checkoutLines(world, lines).reduce(
    (sum, line) => sum + (line as { amount_subtotal: number }).amount_subtotal,
    0,
  );
  const data = input.subscription_data;
  const trial = data?.trial_end !== undefined || (data?.trial_period_days ?? 0) > 0;
  const id = world.id("cs_test", 40);
  const setup =
    input.mode === "setup" && customer
      ? makeSetupIntent(world, customer.id, mergeMetadata({}, input.setup_intent_data?.metadata))
      : null;
  return world.state.checkoutSessions.add({
    id,
    object: "checkout.session",
    allow_promotion_codes: input.allow_promotion_codes ?? null,
    amount_subtotal: trial ? 0 : subtotal,
    amount_total: trial ? 0 : subtotal,
    automatic_tax: {
      enabled: input.automatic_tax?.enabled ?? false,
      liability: null,
      provider: null,
      status: null,
    },
    billing_address_collection: input.billing_address_collection ?? null,
    cancel_url: input.cancel_url ?? null,
    client_reference_id: input.client_reference_id ?? null,
    client_secret: null,
    created: now,
    currency: input.currency ?? "usd",
    custom_fields: [],
    customer: customer?.id ?? null,
    customer_creation: customer ? null : "always",
    customer_details: customer && {
      address: customer.address,
      email: customer.email,
      name: customer.name,
      phone: null,
      tax_exempt: "none",
      tax_ids: [],
    },
    customer_email: input.customer_email ?? null,
    discounts: (input.discounts ?? []).map((one) => ({
      coupon: one.coupon ?? null,
      promotion_code: one.promotion_code ?? null,
    })),
    expires_at: input.expires_at ?? now + 24 * HOUR,
    invoice: null,
    livemode: false,
    locale: input.locale ?? null,
    metadata: mergeMetadata({}, input.metadata),
    mode: input.mode,
    payment_intent: null,
    payment_link: null,
    payment_method_collection: input.payment_method_collection ?? "always",
    payment_method_types: ["card"],
    payment_status: "unpaid",
    recovered_from: null,
    setup_intent: setup?.id ?? null,
    status: "open",
    submit_type: null,
    subscription: null,
    success_url: input.success_url,
    tax_id_collection: { enabled: input.tax_id_collection?.enabled ?? false, required: "never" },
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: "hosted_page",
    url: `${world.url}/c/pay/${id}`,
    _lines: lines,
    _subscription: {
      billing_cycle_anchor: data?.billing_cycle_anchor,
      description: data?.description,
      metadata: mergeMetadata({}, data?.metadata),
      missing_payment_method: data?.trial_settings?.end_behavior.missing_payment_method,
      proration_behavior: data?.proration_behavior,
      trial_end: data?.trial_end,
      trial_period_days: data?.trial_period_days,
    },
    _pending: null,
  });
}

export const checkoutRoutes = [
  route("POST", "/v1/checkout/sessions", fields, ({ world, input }) => create(world, input)),
  route(
    "GET",
    "/v1/checkout/sessions",
    params({
      ...page,
      created: range.optional(),
      customer: text.optional(),
      status: z.enum(["complete", "expired", "open"]).optional(),
      subscription: text.optional(),
    }),
    ({ world, input }) =>
      listed(
        world.state.checkoutSessions,
        input,
        "/v1/checkout/sessions",
        (session) =>
          (input.customer === undefined || session.customer === input.customer) &&
          (input.status === undefined || session.status === input.status) &&
          (input.subscription === undefined || session.subscription === input.subscription) &&
          (input.created === undefined || inRange(session.created, input.created)),
      ),
  ),
  route("GET", "/v1/checkout/sessions/:id", params({}), ({ world, path }) =>
    world.state.checkoutSessions.get(path.id!),
  ),
  route("GET", "/v1/checkout/sessions/:id/line_items", params(page), ({ world, path }) => {
    const session = world.state.checkoutSessions.get(path.id!);
    const data = checkoutLines(world, session._lines);
    return { object: "list", data, has_more: false, url: `/v1/checkout/sessions/${session.id}/line_items` };
  }),
  route("POST", "/v1/checkout/sessions/:id/expire", params({}), ({ world, path }) => {
    const session = world.state.checkoutSessions.get(path.id!);
    if (session.status !== "open") {
      const message = `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of \`${session.status}\`.`;
      throw new StripeError(400, message);
    }
    session.status = "expired";
    session.url = null;
    world.emit("checkout.session.expired", session);
    return session;
  }),
];
