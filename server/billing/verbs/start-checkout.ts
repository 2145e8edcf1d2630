import { createHash } from "node:crypto";
import type { Stripe } from "stripe";
import { DomainError } from "../../errors.ts";
import { planOf } from "../../plans.ts";
import { meterNames } from "../../pricing/index.ts";
import type { PaidPlan, StartCheckoutInput, StartCheckoutOutput } from "../schemas.ts";
import { isRefused } from "../stripe-errors.ts";
import { dateOf } from "../sync/times.ts";
import { isTrialAvailable } from "../trial.ts";
import { findPromotion } from "./find-promotion.ts";
import { type BillingArgs, type Mutation, mutateBilling } from "./mutation.ts";
import { seatsFor } from "./seats-for.ts";

/** A page that is about to expire is not worth showing. */
const WORTH_SHOWING_MS = 10 * 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Makes the page of Stripe on which a plan is bought, or gives the one that is open for the same order; open ones for
 * other orders are closed, so that nobody pays twice.
 *
 * A first subscription starts with the plan's trial, which ends on a full hour, because usage is summed by the hour.
 *
 * @throws DomainError conflict/subscription_exists; limit/seat_limit; conflict/seats_in_use; invalid/coupon_invalid;
 *   precondition/catalog_missing
 */
export function startCheckout(
  args: BillingArgs & { input: StartCheckoutInput },
): Promise<StartCheckoutOutput> {
  const { input } = args;
  return mutateBilling(args, async (mutation) => {
    const { stripe, billing } = mutation;
    const prices = await billing.catalog.pricesOf(input.plan);
    const customer = await mutation.ensureCustomer();
    await mutation.sync();
    await refuseSecond(mutation);
    const seats = await seatsFor(mutation, input.plan, input.seats);
    const promotion = input.coupon === undefined ? null : await findPromotion(stripe, input.coupon, customer);
    const order = digestOf({ seats, promotion, prices });
    const open = await takeOpenSession(mutation, customer, order);
    if (open) return viewSession(open);

    const trialEnd = await trialEndFor(mutation, input.plan);
    // Whatever Stripe is told stands in it: the same key with other parameters would be refused.
    const what = { order, intent: input.intent ?? null, trialEnd };
    const metadata = { tenant_id: mutation.tenantId, plan: input.plan };
    const session = await mutation.order("checkout", what, (idempotencyKey) =>
      stripe.checkout.sessions.create(
        {
          mode: "subscription",
          customer,
          client_reference_id: mutation.tenantId,
          line_items: [
            { price: prices.seat, quantity: seats },
            // Stripe refuses a quantity where a meter counts.
            ...meterNames.map((meter) => ({ price: prices[meter] })),
          ],
          // With a trial nothing is due today, and without a card nothing would be due ever.
          payment_method_collection: "always",
          tax_id_collection: { enabled: true },
          customer_update: { name: "auto", address: "auto" },
          ...(promotion ? { discounts: [{ promotion_code: promotion }] } : { allow_promotion_codes: true }),
          subscription_data: { metadata, ...(trialEnd === null ? {} : { trial_end: trialEnd }) },
          metadata: { ...metadata, hotspot_order: order },
          success_url: `${mutation.portalUrl}/billing/done?session={CHECKOUT_SESSION_ID}`,
          cancel_url: `${mutation.portalUrl}/billing`,
        },
        { idempotencyKey },
      ),
    );
    await mutation.audit({
      action: "billing.start_checkout",
      subject: session.id,
      detail: { plan: input.plan, seats, trial: trialEnd !== null, coupon: input.coupon ?? null },
    });
    return viewSession(session);
  });
}

function digestOf(order: object): string {
  return createHash("sha256").update(JSON.stringify(order)).digest("hex");
}

const viewSession = ({ id, url, expires_at }: Stripe.Checkout.Session): StartCheckoutOutput => ({
  sessionId: id,
  url: url!,
  expiresAt: dateOf(expires_at).toISOString(),
});

/** @throws DomainError conflict/subscription_exists */
async function refuseSecond(mutation: Mutation): Promise<void> {
  const present = await mutation.findSubscription();
  // One that waits for its first payment ends by itself; another order may be what its owner wants now.
  if (!present || present.status === "incomplete") return;
  const owes = ["past_due", "unpaid", "paused"].includes(present.status);
  throw new DomainError(
    "conflict",
    "subscription_exists",
    owes
      ? "there is a subscription already: pay its open invoice, or update the payment method"
      : "there is a subscription already: change its plan instead of buying another",
    { subscriptionId: present.id, status: present.status, next: owes ? "payInvoice" : "changePlan" },
  );
}

/** Gives the open page of the same order; closes the others. */
async function takeOpenSession(
  { stripe, billing }: Mutation,
  customer: string,
  order: string,
): Promise<Stripe.Checkout.Session | null> {
  const soon = billing.now().getTime() + WORTH_SHOWING_MS;
  let same: Stripe.Checkout.Session | null = null;
  for await (const session of stripe.checkout.sessions.list({ customer, status: "open", limit: 100 })) {
    const fits = session.metadata?.hotspot_order === order && session.expires_at * 1000 > soon;
    if (fits && !same && session.url) same = session;
    // Somebody may be completing it at this moment: then it is not open any more, and the sync sees to the rest.
    else await stripe.checkout.sessions.expire(session.id).catch(unlessClosed);
  }
  return same;
}

function unlessClosed(error: unknown): void {
  if (!isRefused(error)) throw error;
}

/** @returns unix seconds on a full hour; null: no trial */
async function trialEndFor({ db, tenantId, billing }: Mutation, plan: PaidPlan): Promise<number | null> {
  const { trialDays } = planOf(plan);
  if (trialDays === 0 || !(await isTrialAvailable(db, tenantId))) return null;
  const end = billing.now().getTime() + trialDays * DAY_MS;
  return (Math.ceil(end / HOUR_MS) * HOUR_MS) / 1000;
}
