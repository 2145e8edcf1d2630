import { Stripe } from "stripe";
import type { MeterName, PlanName } from "../../db/schema/index.ts";
import { plans } from "../plans.ts";
import { meterNames, noTotals } from "../pricing/index.ts";
import type { MeterEvent, SendOutcome, StripeGateway, UsageInvoice } from "./gateway.ts";

/** An event that takes longer is of unknown outcome, ms. */
const SEND_TIMEOUT_MS = 10_000;

const seconds = (time: Date) => Math.floor(time.getTime() / 1_000);
const dateOf = (unixSeconds: number) => new Date(unixSeconds * 1_000);
const orNull = (unixSeconds: number | null) => (unixSeconds === null ? null : dateOf(unixSeconds));

/** Stripe, as the ledger needs it. Remembers what never changes there: which price is of which meter. */
export function createStripeGateway(stripe: Stripe): StripeGateway {
  const meters = new MeterLookup(stripe);
  return {
    send: (event) => send(stripe, event),

    async getSubscription(subscriptionId) {
      const subscription = await stripe.subscriptions.retrieve(subscriptionId);
      const item = subscription.items.data[0];
      if (!item) throw new Error(`the subscription ${subscriptionId} has no items`);
      const { customer, latest_invoice: latest } = subscription;
      return {
        subscriptionId,
        stripeCustomerId: typeof customer === "string" ? customer : customer.id,
        status: subscription.status,
        periodStart: dateOf(item.current_period_start),
        periodEnd: dateOf(item.current_period_end),
        trialEnd: orNull(subscription.trial_end),
        endedAt: orNull(subscription.ended_at),
        createdAt: dateOf(subscription.created),
        latestInvoiceId: typeof latest === "object" ? (latest?.id ?? null) : latest,
      };
    },

    async listUsageInvoices(subscriptionId) {
      const { data } = await stripe.invoices.list({ subscription: subscriptionId, limit: 12 });
      return (await Promise.all(data.map((invoice) => readInvoice(stripe, meters, invoice)))).flat();
    },

    async getMeterTotal(stripeCustomerId, meter, { start, end }) {
      const id = await meters.idOf(meter);
      // Summaries are cut at whole minutes.
      const { data } = await stripe.billing.meters.listEventSummaries(id, {
        customer: stripeCustomerId,
        start_time: Math.floor(seconds(start) / 60) * 60,
        end_time: Math.floor(seconds(end) / 60) * 60,
      });
      return data[0]?.aggregated_value ?? 0;
    },
  };
}

async function send(stripe: Stripe, event: MeterEvent): Promise<SendOutcome> {
  try {
    await stripe.billing.meterEvents.create(
      {
        event_name: `hotspot_${event.meter}`,
        payload: { stripe_customer_id: event.stripeCustomerId, value: String(event.value) },
        identifier: event.identifier,
        timestamp: seconds(event.eventTime),
      },
      {
        // Stripe repeats a stored answer for a key, also a 500, for a day. What keeps an event single is its identifier.
        idempotencyKey: `${event.identifier}:${event.attempt}`,
        timeout: SEND_TIMEOUT_MS,
        maxNetworkRetries: 0,
      },
    );
    return { kind: "accepted" };
  } catch (error) {
    return outcomeOf(error);
  }
}

/** Known again: Stripe has the event from an earlier try. Its words are all that tells this 400 from others. */
const DUPLICATE = /already exists with identifier/i;

/** What an error of a meter event means. Anything that is not a clear refusal of this event leaves it open. */
export function outcomeOf(error: unknown): SendOutcome {
  const message = error instanceof Error ? error.message : String(error);
  const unknown = (mayRetry: boolean, retryAfterMs: number | null = null): SendOutcome => ({
    kind: "unknown",
    message,
    mayRetry,
    retryAfterMs,
  });
  if (!(error instanceof Stripe.errors.StripeError)) return unknown(true);
  if (error instanceof Stripe.errors.StripeInvalidRequestError) {
    if (error.statusCode === 409) return unknown(true);
    return DUPLICATE.test(message) ? { kind: "accepted" } : { kind: "rejected", message };
  }
  // A wrong or restricted key is ours to put right; the event itself is fine.
  const isKey =
    error instanceof Stripe.errors.StripeAuthenticationError ||
    error instanceof Stripe.errors.StripePermissionError;
  if (isKey) return unknown(false);
  const retryAfter = Number(error.headers?.["retry-after"]);
  return unknown(true, retryAfter > 0 && retryAfter <= 60 ? retryAfter * 1_000 : null);
}

/**
 * An invoice charges for one period, or for parts of it at different prices: one entry for each. A price that was added to
 * a subscription within a period has a line that begins then; what is reported to its meter is the total of the whole
 * period, so it belongs to the entry of the others.
 */
async function readInvoice(
  stripe: Stripe,
  meters: MeterLookup,
  invoice: Stripe.Invoice,
): Promise<UsageInvoice[]> {
  const invoiceId = invoice.id!;
  const found = new Map<
    number,
    UsageInvoice & { plan: PlanName | null; quantities: Counts; amountsCents: Counts }
  >();
  const partOf = ({ start, end }: { start: number; end: number }) => {
    const known = found.get(start);
    if (known) return known;
    const made = {
      invoiceId,
      isFinal: invoice.status !== "draft",
      createdAt: dateOf(invoice.created),
      periodStart: dateOf(start),
      periodEnd: dateOf(end),
      plan: null as PlanName | null,
      quantities: noTotals(),
      amountsCents: noTotals(),
    };
    found.set(start, made);
    return made;
  };
  const lines = invoice.lines.has_more
    ? await stripe.invoices.listLineItems(invoiceId, { limit: 100 }).autoPagingToArray({ limit: 1_000 })
    : invoice.lines.data;
  for (const line of lines) {
    const price = line.pricing?.price_details?.price;
    if (price === undefined) continue;
    const { meter, plan } = await meters.ofPrice(typeof price === "string" ? price : price.id);
    if (meter === null) continue;
    const part = partOf(line.period);
    part.plan = plan;
    // One line for all tiers, or one for each.
    part.quantities[meter] += line.quantity ?? 0;
    part.amountsCents[meter] += line.amount;
  }
  // Without usage there may be no line for it.
  if (found.size === 0) partOf({ start: invoice.period_start, end: invoice.period_end });
  return withAddedPrices([...found.values()]);
}

/** Joins what begins later, ends with another entry and is of meters that the other has nothing of. */
function withAddedPrices<Part extends UsageInvoice & { quantities: Counts; amountsCents: Counts }>(
  parts: readonly Part[],
): Part[] {
  const kept: Part[] = [];
  for (const part of parts.toSorted((a, b) => a.periodStart.getTime() - b.periodStart.getTime())) {
    const whole = kept.find(
      (other) =>
        other.periodEnd.getTime() === part.periodEnd.getTime() &&
        meterNames.every((meter) => other.quantities[meter] === 0 || part.quantities[meter] === 0),
    );
    if (whole === undefined) {
      kept.push(part);
      continue;
    }
    for (const meter of meterNames) {
      whole.quantities[meter] += part.quantities[meter];
      whole.amountsCents[meter] += part.amountsCents[meter];
    }
  }
  return kept;
}

type Counts = Record<MeterName, number>;

/** What a price is for. */
interface PriceUse {
  /** null: not for usage, or not for ours. */
  readonly meter: MeterName | null;
  /** null: nobody wrote it on the price. */
  readonly plan: PlanName | null;
}

const planNames = Object.keys(plans) as PlanName[];

class MeterLookup {
  private readonly stripe: Stripe;
  private readonly prices = new Map<string, PriceUse>();
  private meters: Promise<Map<string, MeterName>> | null = null;

  constructor(stripe: Stripe) {
    this.stripe = stripe;
  }

  /** @throws when the meter is not in Stripe: `npm run billing:provision` makes it */
  async idOf(meter: MeterName): Promise<string> {
    for (const [id, name] of await this.all()) if (name === meter) return id;
    throw new Error(`Stripe has no meter hotspot_${meter}`);
  }

  async ofPrice(priceId: string): Promise<PriceUse> {
    const known = this.prices.get(priceId);
    if (known !== undefined) return known;
    const price = await this.stripe.prices.retrieve(priceId);
    const meterId = price.recurring?.meter ?? null;
    const use = {
      meter: meterId === null ? null : ((await this.all()).get(meterId) ?? null),
      plan: planNames.find((name) => name === price.metadata.hotspot_plan) ?? null,
    };
    this.prices.set(priceId, use);
    return use;
  }

  private all(): Promise<Map<string, MeterName>> {
    this.meters ??= this.list().then(
      (found) => {
        // They may be made while we run.
        if (found.size < meterNames.length) this.meters = null;
        return found;
      },
      (error: unknown) => {
        this.meters = null;
        throw error;
      },
    );
    return this.meters;
  }

  private async list(): Promise<Map<string, MeterName>> {
    const found = new Map<string, MeterName>();
    for await (const meter of this.stripe.billing.meters.list({ limit: 100 })) {
      const name = meterNames.find((each) => meter.event_name === `hotspot_${each}`);
      if (name) found.set(meter.id, name);
    }
    return found;
  }
}
