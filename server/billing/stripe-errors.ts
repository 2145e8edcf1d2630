import { Stripe } from "stripe";
import { DomainError } from "../errors.ts";

const { errors } = Stripe;

/** Seconds after which a caller may ask again when Stripe has had enough of us. */
const BUSY_SECONDS = 5;

/**
 * What went wrong at Stripe as an answer to the customer. A declined payment is the customer's to mend, an outage
 * nobody's; anything else (a wrong key, parameters that Stripe refuses) is our fault and stays a surprise.
 */
export function toDomainError(error: unknown): unknown {
  if (error instanceof errors.StripeCardError) {
    const { decline_code: declineCode, message } = error;
    return new DomainError(
      "precondition",
      "payment_declined",
      `the payment was declined: ${message}`,
      {
        ...(declineCode ? { declineCode } : {}),
      },
      { cause: error },
    );
  }
  if (error instanceof errors.StripeRateLimitError) {
    return new DomainError(
      "limit",
      "stripe_busy",
      "the payment provider is busy: try again in a moment",
      { retryAfterSeconds: BUSY_SECONDS },
      { cause: error },
    );
  }
  if (error instanceof errors.StripeConnectionError || error instanceof errors.StripeAPIError) {
    return new DomainError(
      "unavailable",
      "stripe_unavailable",
      "the payment provider does not answer: nothing is lost, try again in a minute",
      { retryAfterSeconds: 30 },
      { cause: error },
    );
  }
  return error;
}

/** Stripe does not know the id, or keeps it for another account. */
export function isMissing(error: unknown): boolean {
  return error instanceof errors.StripeInvalidRequestError && error.code === "resource_missing";
}

/** Stripe refuses what was asked; its message says why. */
export function isRefused(error: unknown): error is InstanceType<typeof errors.StripeInvalidRequestError> {
  return error instanceof errors.StripeInvalidRequestError;
}

/** Whether Stripe's answer is certain: then the next try is another order. Otherwise it may have done it. */
export function isDefinite(error: unknown): boolean {
  // Stripe keeps no answer to a request that it was too busy for, and none that it never gave.
  return !(error instanceof errors.StripeConnectionError || error instanceof errors.StripeRateLimitError);
}
