import { z } from "zod";
import { cardError, resolvePaymentMethod, trySetUp } from "../billing/cards.ts";
import { openDispute } from "../billing/disputes.ts";
import { defaultMethod, payInvoice } from "../billing/settle-invoice.ts";
import { badParam, StripeError } from "../core/errors.ts";
import { bool, int, mergeMetadata, metadata, page, params, text } from "../core/params.ts";
import type { Charge, PaymentIntent, Refund, SetupIntent } from "../core/payment-objects.ts";
import { route } from "../core/routes.ts";
import type { World } from "../world.ts";
import { getCustomer } from "./get-customer.ts";
import { listed } from "./listed.ts";
import { attach } from "./payment-methods.ts";

/** Payments belong to invoices here: nothing of ours takes money without one. */
function confirm(
  world: World,
  intent: PaymentIntent,
  input: {
    payment_method?: string | undefined;
    off_session?: boolean | undefined;
    return_url?: string | undefined;
  },
): PaymentIntent {
  const invoice = intent._invoice === null ? undefined : world.state.invoices.find(intent._invoice);
  if (invoice?.status !== "open") {
    const message = `This PaymentIntent's status is ${intent.status}, so it cannot be confirmed.`;
    throw new StripeError(400, message, { code: "payment_intent_unexpected_state" });
  }
  const now = world.now(intent.customer);
  const method =
    input.payment_method === undefined
      ? defaultMethod(world, invoice)
      : resolvePaymentMethod(world, input.payment_method, now, "payment_method");
  const result = payInvoice(world, invoice, method, {
    customerThere: input.off_session !== true,
    returnUrl: input.return_url ?? null,
  });
  if (result === "failed")
    throw cardError(intent.last_payment_error!, { payment_intent: { id: intent.id, status: intent.status } });
  return intent;
}

export function makeSetupIntent(
  world: World,
  customerId: string,
  given: Record<string, string>,
): SetupIntent {
  const id = world.id("seti");
  return world.state.setupIntents.add({
    id,
    object: "setup_intent",
    created: world.now(customerId),
    client_secret: `${id}_secret_${world.id("", 24).slice(1)}`,
    customer: customerId,
    last_setup_error: null,
    livemode: false,
    metadata: given,
    next_action: null,
    payment_method: null,
    payment_method_types: ["card"],
    status: "requires_payment_method",
    usage: "off_session",
  });
}

/** Makes sure that a card can be charged later. */
export function confirmSetup(
  world: World,
  intent: SetupIntent,
  methodId: string,
  options: { authenticated: boolean; returnUrl: string | null },
): SetupIntent {
  const method = resolvePaymentMethod(world, methodId, world.now(intent.customer), "payment_method");
  const result = options.authenticated ? ({ kind: "ok", disputed: false } as const) : trySetUp(method);
  intent.payment_method = method.id;
  if (result.kind === "declined") {
    intent.status = "requires_payment_method";
    intent.last_setup_error = result.error;
    world.emit("setup_intent.setup_failed", intent);
    throw cardError(result.error, { setup_intent: { id: intent.id, status: intent.status } });
  }
  if (result.kind === "action") {
    intent.status = "requires_action";
    intent.next_action = {
      redirect_to_url: { return_url: options.returnUrl, url: `${world.url}/authenticate/${intent.id}` },
      type: "redirect_to_url",
    };
    world.emit("setup_intent.requires_action", intent);
    return intent;
  }
  if (method.customer === null) attach(world, method, getCustomer(world, intent.customer));
  method._setUp = true;
  intent.status = "succeeded";
  intent.next_action = null;
  world.emit("setup_intent.succeeded", intent);
  return intent;
}

function refund(
  world: World,
  charge: Charge,
  amount: number,
  reason: string | null,
  given: Record<string, string>,
): Refund {
  if (!charge.paid) throw new StripeError(400, "This charge did not succeed, so it cannot be refunded.");
  const left = charge.amount - charge.amount_refunded;
  if (left === 0)
    throw new StripeError(400, `Charge ${charge.id} has already been refunded.`, {
      code: "charge_already_refunded",
    });
  if (amount > left || amount < 1)
    throw badParam(
      "amount",
      `Refund amount ($${amount / 100}) is greater than unrefunded amount on charge ($${left / 100})`,
    );
  if (charge.disputed)
    throw new StripeError(400, "This charge is disputed, so it cannot be refunded.", {
      code: "charge_disputed",
    });
  charge.amount_refunded += amount;
  charge.refunded = charge.amount_refunded === charge.amount;
  const made = world.state.refunds.add({
    id: world.id("re"),
    object: "refund",
    amount,
    charge: charge.id,
    created: world.now(charge.customer),
    currency: charge.currency,
    metadata: given,
    payment_intent: charge.payment_intent,
    reason,
    status: "succeeded",
  });
  world.emit("refund.created", made);
  world.emit("charge.refunded", charge, { amount_refunded: charge.amount_refunded - amount });
  return made;
}

export const paymentRoutes = [
  route("GET", "/v1/payment_intents", params({ ...page, customer: text.optional() }), ({ world, input }) =>
    listed(
      world.state.paymentIntents,
      input,
      "/v1/payment_intents",
      ({ customer }) => input.customer === undefined || customer === input.customer,
    ),
  ),
  route("GET", "/v1/payment_intents/:id", params({ client_secret: text.optional() }), ({ world, path }) =>
    world.state.paymentIntents.get(path.id!),
  ),
  route(
    "POST",
    "/v1/payment_intents/:id/confirm",
    params({ off_session: bool.optional(), payment_method: text.optional(), return_url: text.optional() }),
    ({ world, path, input }) => confirm(world, world.state.paymentIntents.get(path.id!), input),
  ),
  route(
    "POST",
    "/v1/setup_intents",
    params({
      confirm: bool.optional(),
      customer: text,
      metadata: metadata.optional(),
      payment_method: text.optional(),
      return_url: text.optional(),
      usage: z.literal("off_session").optional(),
    }),
    ({ world, input }) => {
      const intent = makeSetupIntent(
        world,
        getCustomer(world, input.customer, "customer").id,
        mergeMetadata({}, input.metadata),
      );
      if (input.confirm && input.payment_method)
        confirmSetup(world, intent, input.payment_method, {
          authenticated: false,
          returnUrl: input.return_url ?? null,
        });
      return intent;
    },
  ),
  route("GET", "/v1/setup_intents/:id", params({}), ({ world, path }) =>
    world.state.setupIntents.get(path.id!),
  ),
  route(
    "POST",
    "/v1/setup_intents/:id/confirm",
    params({ payment_method: text, return_url: text.optional() }),
    ({ world, path, input }) =>
      confirmSetup(world, world.state.setupIntents.get(path.id!), input.payment_method, {
        authenticated: false,
        returnUrl: input.return_url ?? null,
      }),
  ),
  route(
    "GET",
    "/v1/charges",
    params({ ...page, customer: text.optional(), payment_intent: text.optional() }),
    ({ world, input }) =>
      listed(
        world.state.charges,
        input,
        "/v1/charges",
        ({ customer, payment_intent }) =>
          (input.customer === undefined || customer === input.customer) &&
          (input.payment_intent === undefined || payment_intent === input.payment_intent),
      ),
  ),
  route("GET", "/v1/charges/:id", params({}), ({ world, path }) => world.state.charges.get(path.id!)),
  route(
    "POST",
    "/v1/refunds",
    params({
      amount: int.optional(),
      charge: text.optional(),
      metadata: metadata.optional(),
      payment_intent: text.optional(),
      reason: z.enum(["duplicate", "fraudulent", "requested_by_customer"]).optional(),
    }),
    ({ world, input }) => {
      const id =
        input.charge ??
        (input.payment_intent &&
          world.state.paymentIntents.get(input.payment_intent, "payment_intent").latest_charge);
      if (!id)
        throw badParam("charge", "One of `charge` and `payment_intent` is required.", "parameter_missing");
      const charge = world.state.charges.get(id, "charge");
      return refund(
        world,
        charge,
        input.amount ?? charge.amount - charge.amount_refunded,
        input.reason ?? null,
        mergeMetadata({}, input.metadata),
      );
    },
  ),
  route("GET", "/v1/refunds", params({ ...page, charge: text.optional() }), ({ world, input }) =>
    listed(
      world.state.refunds,
      input,
      "/v1/refunds",
      ({ charge }) => input.charge === undefined || charge === input.charge,
    ),
  ),
  route("GET", "/v1/refunds/:id", params({}), ({ world, path }) => world.state.refunds.get(path.id!)),
  route("GET", "/v1/disputes", params({ ...page, charge: text.optional() }), ({ world, input }) =>
    listed(
      world.state.disputes,
      input,
      "/v1/disputes",
      ({ charge }) => input.charge === undefined || charge === input.charge,
    ),
  ),
  route("GET", "/v1/disputes/:id", params({}), ({ world, path }) => world.state.disputes.get(path.id!)),
];

/** A dispute of the last payment that a customer made. For tests. */
export function disputeLastCharge(world: World, customer: string, reason: string) {
  const charge = world.state.charges.newest((one) => one.customer === customer && one.paid)[0];
  if (!charge) throw new StripeError(400, `${customer} has paid nothing yet`);
  return openDispute(world, charge, reason);
}
