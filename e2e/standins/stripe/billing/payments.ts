import type { Invoice } from "../core/billing-objects.ts";
import type { PaymentMethod } from "../core/objects.ts";
import type { Charge, PaymentError, PaymentIntent } from "../core/payment-objects.ts";
import type { World } from "../world.ts";
import { tryCharge } from "./cards.ts";
import { openDispute } from "./disputes.ts";

export type PaymentResult = "succeeded" | "failed" | "requires_action";

/** The payment of an invoice; there is one per invoice, however often it is tried. */
export function intentOf(world: World, invoice: Invoice): PaymentIntent {
  if (invoice._paymentIntent !== null) return world.state.paymentIntents.get(invoice._paymentIntent);
  const id = world.id("pi");
  const now = world.now(invoice.customer);
  const intent = world.state.paymentIntents.add({
    id,
    object: "payment_intent",
    amount: invoice.amount_due,
    amount_capturable: 0,
    amount_received: 0,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: "automatic",
    client_secret: `${id}_secret_${world.id("", 24).slice(1)}`,
    confirmation_method: "automatic",
    created: now,
    currency: invoice.currency,
    customer: invoice.customer,
    description:
      invoice.billing_reason === "subscription_create" ? "Subscription creation" : "Subscription update",
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    metadata: {},
    next_action: null,
    payment_method: null,
    payment_method_types: ["card"],
    receipt_email: null,
    setup_future_usage: "off_session",
    status: "requires_payment_method",
    _invoice: invoice.id,
  });
  const payment = world.state.invoicePayments.add({
    id: world.id("inpay"),
    object: "invoice_payment",
    amount_paid: null,
    amount_requested: invoice.amount_due,
    created: now,
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { payment_intent: id, type: "payment_intent" },
    status: "open",
    status_transitions: { canceled_at: null, paid_at: null },
  });
  invoice._paymentIntent = id;
  invoice._payments.push(payment.id);
  world.emit("payment_intent.created", intent);
  return intent;
}

/** Charges a card for an invoice's payment. Tells nobody but the intent and the charge; the caller settles the invoice. */
export function charge(
  world: World,
  intent: PaymentIntent,
  method: PaymentMethod | null,
  options: { customerThere: boolean; authenticated?: boolean; returnUrl?: string | null },
): PaymentResult {
  if (method === null) {
    const message = "There is no default payment method set on this Customer or Subscription.";
    return failed(world, intent, null, { code: "resource_missing", message, type: "card_error" });
  }
  intent.payment_method = method.id;
  const result = options.authenticated
    ? ({ kind: "ok", disputed: false } as const)
    : tryCharge(method, options.customerThere);
  if (result.kind === "action") {
    intent.status = "requires_action";
    intent.next_action = {
      redirect_to_url: {
        return_url: options.returnUrl ?? null,
        url: `${world.url}/authenticate/${intent.id}`,
      },
      type: "redirect_to_url",
    };
    world.emit("payment_intent.requires_action", intent);
    return "requires_action";
  }
  if (result.kind === "declined") return failed(world, intent, method, result.error);
  if (options.authenticated) method._setUp = true;
  const made = addCharge(world, intent, method, null);
  Object.assign(intent, {
    status: "succeeded",
    amount_received: intent.amount,
    latest_charge: made.id,
    next_action: null,
    last_payment_error: null,
  });
  world.emit("charge.succeeded", made);
  world.emit("payment_intent.succeeded", intent);
  if (result.disputed) openDispute(world, made, "fraudulent");
  return "succeeded";
}

function failed(
  world: World,
  intent: PaymentIntent,
  method: PaymentMethod | null,
  error: PaymentError,
): PaymentResult {
  intent.status = "requires_payment_method";
  intent.next_action = null;
  intent.last_payment_error = {
    ...error,
    ...(method ? { payment_method: { id: method.id, object: "payment_method", type: "card" } } : {}),
  };
  if (method) {
    const made = addCharge(world, intent, method, error);
    intent.latest_charge = made.id;
    world.emit("charge.failed", made);
  }
  intent.payment_method = null;
  world.emit("payment_intent.payment_failed", intent);
  return "failed";
}

function addCharge(
  world: World,
  intent: PaymentIntent,
  method: PaymentMethod,
  error: PaymentError | null,
): Charge {
  const { brand, last4, exp_month, exp_year } = method.card;
  return world.state.charges.add({
    id: world.id("ch"),
    object: "charge",
    amount: intent.amount,
    amount_captured: error ? 0 : intent.amount,
    amount_refunded: 0,
    captured: error === null,
    created: world.now(intent.customer),
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_code: error?.code ?? null,
    failure_message: error?.message ?? null,
    livemode: false,
    metadata: {},
    outcome: {
      network_status: error ? "declined_by_network" : "approved_by_network",
      reason: error?.decline_code ?? null,
      seller_message: error ? error.message : "Payment complete.",
      type: error ? "issuer_declined" : "authorized",
    },
    paid: error === null,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: { card: { brand, last4, exp_month, exp_year }, type: "card" },
    receipt_url: null,
    refunded: false,
    status: error ? "failed" : "succeeded",
  });
}
