import type { Stripe } from "stripe";
import type { Db } from "../../db/client.ts";
import type { StripeEventMetrics } from "./event-metrics.ts";
import { storeSnapshot, storeThin } from "./store.ts";
import {
  type VerifyOptions,
  verifySnapshot,
  verifyThin,
  WebhookRefusedError,
  type WebhookRoute,
} from "./verify.ts";

export interface ReceiveDeps {
  readonly db: Db;
  readonly stripe: Stripe;
  readonly route: WebhookRoute;
  /** Signing secret of that route's endpoint. */
  readonly secret: string;
  /** Whether our key is one of live mode. */
  readonly livemode: boolean;
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
  readonly metrics: StripeEventMetrics;
  readonly now?: () => Date;
}

/**
 * Takes one webhook: checks who sent it, stores it once, asks for its work and is done. Nothing of Stripe is asked and
 * nothing changed while Stripe waits.
 *
 * @param raw the body, byte for byte as it came
 * @param signature the `Stripe-Signature` field
 * @throws WebhookRefusedError invalid/webhook_…: logged and counted, nothing stored
 */
export async function receiveWebhook(
  deps: ReceiveDeps,
  raw: Buffer,
  signature: string | undefined,
): Promise<{ received: true }> {
  const { db, stripe, secret, livemode, route, log, metrics } = deps;
  const options: VerifyOptions = { stripe, secret, livemode, now: deps.now?.() ?? new Date() };
  try {
    const event =
      route === "snapshot"
        ? await verifySnapshot(raw, signature, options)
        : await verifyThin(raw, signature, options);
    const isNew =
      event.object === "event" ? await storeSnapshot(db, event, "webhook") : await storeThin(db, event);
    metrics.countWebhook(route, isNew ? "stored" : "known");
    log.info({ eventId: event.id, type: event.type, isNew }, "event of Stripe received");
    return { received: true };
  } catch (error) {
    if (error instanceof WebhookRefusedError) {
      metrics.countWebhook(route, error.reason);
      log.warn({ route, reason: error.reason, bytes: raw.length }, "webhook refused");
    }
    throw error;
  }
}
