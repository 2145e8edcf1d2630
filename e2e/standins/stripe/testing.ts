import { Stripe } from "stripe";
import { afterAll } from "vitest";
import { type StandInOptions, startStripeStandIn } from "./index.ts";

/** A Stripe that stands still at 2026-11-20 12:00 UTC, and the real SDK pointed at it; gone after the test file. */
export const START = Date.UTC(2026, 10, 20, 12) / 1000;
export const DAY = 86_400;

export async function startForTest(options: StandInOptions = {}) {
  const standIn = await startStripeStandIn({ clock: START, seed: 1, ...options });
  afterAll(() => standIn.stop());
  return { standIn, control: standIn.control, stripe: clientOf(standIn.port) };
}

/** @param maxNetworkRetries 0: an error shows itself at once */
export function clientOf(port: number, maxNetworkRetries = 0): Stripe {
  return new Stripe("sk_test_standin", {
    host: "127.0.0.1",
    port,
    protocol: "http",
    maxNetworkRetries,
    timeout: 2000,
  });
}
