import { Stripe } from "stripe";

/** The Stripe client of a process. It retries by itself; our calls carry idempotency keys of their own. */
export function createStripeClient(secretKey: string): Stripe {
  return new Stripe(secretKey, { appInfo: { name: "hotspot" }, maxNetworkRetries: 2, timeout: 20_000 });
}
