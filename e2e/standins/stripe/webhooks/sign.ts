import { createHmac } from "node:crypto";

/**
 * The `Stripe-Signature` header of a body.
 * @param at unix seconds; receivers refuse what is too old
 * @see https://docs.stripe.com/webhooks#verify-manually
 */
export function signatureHeader(body: string, secret: string, at: number): string {
  const signature = createHmac("sha256", secret).update(`${at}.${body}`, "utf8").digest("hex");
  return `t=${at},v1=${signature}`;
}
