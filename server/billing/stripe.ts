import { Stripe } from "stripe";

/**
 * The Stripe client of a process. It retries by itself; our calls carry idempotency keys of their own.
 * @param apiBase origin of a stand-in; null for Stripe itself
 */
export function createStripeClient(secretKey: string, apiBase: string | null = null): Stripe {
  return new Stripe(secretKey, {
    appInfo: { name: "hotspot" },
    maxNetworkRetries: 2,
    timeout: 20_000,
    ...(apiBase === null ? {} : hostOf(new URL(apiBase))),
  });
}

function hostOf({ hostname, port, protocol }: URL) {
  const scheme = protocol === "https:" ? ("https" as const) : ("http" as const);
  return { host: hostname, port: Number(port || (scheme === "https" ? 443 : 80)), protocol: scheme };
}
