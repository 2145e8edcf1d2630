import { randomBytes } from "node:crypto";
import { afterAll } from "vitest";
import { freePort } from "../fixtures/free-port.ts";
import { type PortalWorld, portalWorld } from "../portal/portal-world.ts";
import { type StripeStandIn, startStripeStandIn } from "../standins/stripe/index.ts";

export interface MoneyWorld extends PortalWorld {
  readonly stripe: StripeStandIn;
  /** Moves Stripe's clock to the machine's: what is reported to it must not be in its future. */
  stripeNow(): Promise<void>;
  /** Writes an earlier subscription of the tenant, so that its next one is charged from the first day. */
  withoutTrial(tenantId: string): Promise<void>;
  /** Moves Stripe's clock on and waits until everything that it caused was told to the portal. */
  stripeLater(seconds: number): Promise<void>;
}

export const HOUR = 3_600;
/** Long enough for every month. */
export const MONTH = 31 * 24 * HOUR;

/**
 * Registers a portal and a relay on a Stripe that stands still at the start of this hour, until `stripeLater`, with the
 * calling test file. Portal and relay keep the machine's clock: what depends on it (the days of grace) is moved in the database.
 */
export async function moneyWorld(): Promise<MoneyWorld> {
  const portalPort = await freePort();
  const webhookSecret = `whsec_${randomBytes(16).toString("hex")}`;
  const stripe = await startStripeStandIn({
    // Usage is summed by the hour, and an hour belongs to the period that it starts in.
    clock: Math.floor(Date.now() / 1_000 / HOUR) * HOUR,
    webhooks: [{ url: `http://localhost:${portalPort}/api/stripe/webhook`, secret: webhookSecret }],
  });
  afterAll(() => stripe.stop());
  const env = { STRIPE_SECRET_KEY: "sk_test_standin", STRIPE_API_BASE: stripe.url };
  const world = await portalWorld({
    portalPort,
    portalEnv: { ...env, STRIPE_WEBHOOK_SECRET: webhookSecret },
    // As often as it may, so that a test does not wait for minutes.
    relayEnv: { ...env, METER_PUSH_SECONDS: "5" },
  });
  return Object.assign(Object.create(world) as PortalWorld, {
    stripe,
    withoutTrial: (tenantId: string) => writeEarlierSubscription(world.db, tenantId),
    async stripeNow() {
      await stripe.control.advance(Math.floor(Date.now() / 1_000));
      await stripe.control.settled();
    },
    async stripeLater(seconds: number) {
      await stripe.control.advance(stripe.control.now() + seconds);
      await stripe.control.settled();
    },
  });
}

async function writeEarlierSubscription(db: PortalWorld["db"], tenantId: string): Promise<void> {
  const ended = new Date(Date.now() - 90 * 86_400_000);
  await db
    .insertInto("subscriptions")
    .values({
      id: `sub_earlier_${tenantId}`,
      tenant_id: tenantId,
      stripe_customer_id: `cus_earlier_${tenantId}`,
      status: "canceled",
      plan: "pro",
      current_period_start: ended,
      current_period_end: ended,
      ended_at: ended,
      created_at: ended,
    })
    .execute();
}
