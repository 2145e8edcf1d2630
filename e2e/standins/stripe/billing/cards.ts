import { StripeError } from "../core/errors.ts";
import type { PaymentMethod } from "../core/objects.ts";
import type { PaymentError } from "../core/payment-objects.ts";
import type { World } from "../world.ts";

interface TestCard {
  readonly brand: string;
  /** What a charge is refused with. */
  readonly declines?: { code: string; decline: string };
  /** Attaching works, only charges are refused. */
  readonly attaches?: true;
  /** `setup`: once, then charges without the customer go through; `always`: they never do. */
  readonly authentication?: "setup" | "always";
  readonly disputed?: true;
}

const generic = { code: "card_declined", decline: "generic_decline" };

/** Stripe's published test cards that we use. Any other number that passes the check digit is refused. */
const CARDS: Record<string, TestCard> = {
  "4242424242424242": { brand: "visa" },
  "5555555555554444": { brand: "mastercard" },
  "378282246310005": { brand: "amex" },
  "4000000000000002": { brand: "visa", declines: generic },
  "4000000000009995": { brand: "visa", declines: { code: "card_declined", decline: "insufficient_funds" } },
  "4000000000000069": { brand: "visa", declines: { code: "expired_card", decline: "expired_card" } },
  "4000000000000127": { brand: "visa", declines: { code: "incorrect_cvc", decline: "incorrect_cvc" } },
  "4000000000000341": { brand: "visa", declines: generic, attaches: true },
  "4000002500003155": { brand: "visa", authentication: "setup" },
  "4000002760003184": { brand: "visa", authentication: "always" },
  "4000000000000259": { brand: "visa", disputed: true },
};

/** Names by which API calls use test cards without a number. */
const BY_NAME: Record<string, string> = {
  pm_card_visa: "4242424242424242",
  pm_card_mastercard: "5555555555554444",
  pm_card_amex: "378282246310005",
  pm_card_chargeDeclined: "4000000000000002",
  pm_card_visa_chargeDeclined: "4000000000000002",
  pm_card_chargeDeclinedInsufficientFunds: "4000000000009995",
  pm_card_chargeCustomerFail: "4000000000000341",
  pm_card_authenticationRequiredOnSetup: "4000002500003155",
  pm_card_authenticationRequired: "4000002760003184",
  pm_card_createDispute: "4000000000000259",
};

const MESSAGES: Record<string, string> = {
  generic_decline: "Your card was declined.",
  insufficient_funds: "Your card has insufficient funds.",
  expired_card: "Your card has expired.",
  incorrect_cvc: "Your card's security code is incorrect.",
};

export interface CardInput {
  readonly number: string;
  readonly expMonth: number;
  readonly expYear: number;
  readonly name?: string | null;
  readonly email?: string | null;
}

/** @throws StripeError 402 card_error for a number that is none, or no test card */
export function makePaymentMethod(world: World, input: CardInput, now: number): PaymentMethod {
  const number = input.number.replace(/[\s-]/g, "");
  const card = CARDS[number];
  if (!card) {
    const message = /^\d{12,19}$/.test(number)
      ? "Your card was declined. Your request was in test mode, but used a non test card."
      : "Your card number is incorrect.";
    throw cardError({ code: "incorrect_number", message });
  }
  const today = new Date(now * 1000);
  const { expMonth, expYear } = input;
  if (!(expMonth >= 1 && expMonth <= 12))
    throw cardError({ code: "invalid_expiry_month", message: "Your card's expiration month is invalid." });
  if (Date.UTC(expYear, expMonth, 1) <= today.getTime()) {
    throw cardError({ code: "invalid_expiry_year", message: "Your card's expiration year is in the past." });
  }
  return world.state.paymentMethods.add({
    id: world.id("pm"),
    object: "payment_method",
    allow_redisplay: "unspecified",
    billing_details: {
      address: null,
      email: input.email ?? null,
      name: input.name ?? null,
      phone: null,
      tax_id: null,
    },
    card: {
      brand: card.brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: "pass" },
      country: "US",
      display_brand: card.brand,
      exp_month: expMonth,
      exp_year: expYear,
      fingerprint: `fp${number.slice(-8)}`,
      funding: "credit",
      generated_from: null,
      last4: number.slice(-4),
      networks: { available: [card.brand], preferred: null },
      regulated_status: "unregulated",
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: now,
    customer: null,
    livemode: false,
    metadata: {},
    type: "card",
    _number: number,
    _setUp: false,
  });
}

/** A payment method by its id, or a new one by the name of a test card. */
export function resolvePaymentMethod(world: World, id: string, now: number, param: string): PaymentMethod {
  const number = BY_NAME[id];
  if (number === undefined) return world.state.paymentMethods.get(id, param);
  return makePaymentMethod(
    world,
    { number, expMonth: 12, expYear: new Date(now * 1000).getUTCFullYear() + 8 },
    now,
  );
}

export type ChargeResult =
  | { readonly kind: "ok"; readonly disputed: boolean }
  | { readonly kind: "action" }
  | { readonly kind: "declined"; readonly error: PaymentError };

/** What a charge of the card does. @param customerThere they can authenticate now */
export function tryCharge(method: PaymentMethod, customerThere: boolean): ChargeResult {
  const card = CARDS[method._number]!;
  if (card.declines) return { kind: "declined", error: declineOf(card.declines) };
  const authenticate =
    card.authentication === "always" || (card.authentication === "setup" && !method._setUp);
  if (authenticate && customerThere) return { kind: "action" };
  if (authenticate) {
    const message = "Your card was declined. This transaction requires authentication.";
    return {
      kind: "declined",
      error: {
        code: "authentication_required",
        decline_code: "authentication_required",
        message,
        type: "card_error",
      },
    };
  }
  return { kind: "ok", disputed: card.disputed ?? false };
}

/** What attaching the card to a customer, or setting it up, does. */
export function trySetUp(method: PaymentMethod): ChargeResult {
  const card = CARDS[method._number]!;
  if (card.declines && !card.attaches) return { kind: "declined", error: declineOf(card.declines) };
  if (card.authentication) return { kind: "action" };
  return { kind: "ok", disputed: false };
}

const declineOf = ({ code, decline }: { code: string; decline: string }): PaymentError => ({
  code,
  ...(code === "card_declined" ? { decline_code: decline } : {}),
  doc_url: `https://stripe.com/docs/error-codes/${code.replaceAll("_", "-")}`,
  message: MESSAGES[decline] ?? MESSAGES.generic_decline!,
  type: "card_error",
});

export function cardError(
  error: Omit<PaymentError, "type">,
  fields: Record<string, unknown> = {},
): StripeError {
  const { code, message, decline_code } = error;
  return new StripeError(402, message, {
    type: "card_error",
    code,
    fields: { ...(decline_code === undefined ? {} : { decline_code }), ...fields },
  });
}
