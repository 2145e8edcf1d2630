import { z } from "zod";
import { cardError, makePaymentMethod, resolvePaymentMethod, trySetUp } from "../billing/cards.ts";
import { StripeError } from "../core/errors.ts";
import type { Customer, PaymentMethod } from "../core/objects.ts";
import { int, mergeMetadata, metadata, page, params, text } from "../core/params.ts";
import { route } from "../core/routes.ts";
import type { World } from "../world.ts";
import { address } from "./customers.ts";
import { getCustomer } from "./get-customer.ts";
import { listed } from "./listed.ts";

/** @throws StripeError 402 when the card is refused even without a charge */
export function attach(world: World, method: PaymentMethod, customer: Customer): PaymentMethod {
  if (method.customer !== null && method.customer !== customer.id) {
    throw new StripeError(400, "The payment method you provided has already been attached to a customer.", {
      param: "payment_method",
    });
  }
  const result = trySetUp(method);
  if (result.kind === "declined") throw cardError(result.error);
  method.customer = customer.id;
  world.emit("payment_method.attached", method);
  return method;
}

export function detach(world: World, method: PaymentMethod): PaymentMethod {
  const owner = method.customer;
  if (owner === null)
    throw new StripeError(
      400,
      "The payment method you provided is not attached to a customer so detachment is impossible.",
    );
  method.customer = null;
  const customer = world.state.customers.get(owner);
  if (customer.invoice_settings.default_payment_method === method.id)
    customer.invoice_settings.default_payment_method = null;
  for (const subscription of world.state.subscriptions.values()) {
    if (subscription.default_payment_method === method.id) subscription.default_payment_method = null;
  }
  world.emit("payment_method.detached", method, { customer: owner });
  return method;
}

const billingDetails = z.strictObject({
  address: address.optional(),
  email: z.string().optional(),
  name: z.string().optional(),
});

export const paymentMethodRoutes = [
  route(
    "POST",
    "/v1/payment_methods",
    params({
      billing_details: billingDetails.optional(),
      card: z.strictObject({ number: text, exp_month: int, exp_year: int, cvc: text.optional() }),
      metadata: metadata.optional(),
      type: z.literal("card"),
    }),
    ({ world, input }) => {
      const { number, exp_month, exp_year } = input.card;
      const details = input.billing_details;
      const method = makePaymentMethod(
        world,
        {
          number,
          expMonth: exp_month,
          expYear: exp_year,
          name: details?.name ?? null,
          email: details?.email ?? null,
        },
        world.clock.now(),
      );
      method.metadata = mergeMetadata({}, input.metadata);
      return method;
    },
  ),
  route(
    "GET",
    "/v1/payment_methods",
    params({ ...page, customer: text.optional(), type: text.optional() }),
    ({ world, input }) =>
      listed(
        world.state.paymentMethods,
        input,
        "/v1/payment_methods",
        ({ customer }) => customer !== null && customer === input.customer,
      ),
  ),
  route("GET", "/v1/payment_methods/:id", params({}), ({ world, path }) =>
    world.state.paymentMethods.get(path.id!),
  ),
  route("POST", "/v1/payment_methods/:id/attach", params({ customer: text }), ({ world, path, input }) => {
    const customer = getCustomer(world, input.customer, "customer");
    return attach(
      world,
      resolvePaymentMethod(world, path.id!, world.now(customer), "payment_method"),
      customer,
    );
  }),
  route("POST", "/v1/payment_methods/:id/detach", params({}), ({ world, path }) =>
    detach(world, world.state.paymentMethods.get(path.id!)),
  ),
  route(
    "GET",
    "/v1/customers/:customer/payment_methods",
    params({ ...page, type: text.optional() }),
    ({ world, path, input }) => {
      const { id } = getCustomer(world, path.customer!);
      return listed(
        world.state.paymentMethods,
        input,
        `/v1/customers/${id}/payment_methods`,
        ({ customer }) => customer === id,
      );
    },
  ),
  route("GET", "/v1/customers/:customer/payment_methods/:id", params({}), ({ world, path }) => {
    const method = world.state.paymentMethods.get(path.id!);
    if (method.customer !== getCustomer(world, path.customer!).id)
      throw new StripeError(404, `No such PaymentMethod: '${method.id}'`, { code: "resource_missing" });
    return method;
  }),
];
