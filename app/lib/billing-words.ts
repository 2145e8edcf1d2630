import type { Billing, PaymentMethod, Subscription } from "./api-types.ts";
import { formatDay, formatMoney, plural } from "./format.ts";

export type Tone = "ok" | "quiet" | "warn" | "bad";

/** How the account stands with its plan, in words. */
export interface PlanStanding {
  /** One or two words beside the plan's name. */
  badge: { text: string; tone: Tone };
  /** What will happen by itself, with its date. */
  sentence: string;
  /** What the account has to do, when it has to do something. */
  alarm: PlanAlarm | null;
}

export interface PlanAlarm {
  tone: "warn" | "bad";
  title: string;
  text: string;
  /** On the button that leads to the open invoice's page at Stripe. */
  payLabel: string;
}

export type StandingFacts = Pick<
  Billing,
  "plan" | "plans" | "planSource" | "billingState" | "graceEndsAt" | "subscription" | "openInvoice"
>;

/** Says how the account stands. Dates are in UTC, as on the invoices. */
export function planStanding(billing: StandingFacts): PlanStanding {
  const { subscription } = billing;
  if (!subscription || isOver(subscription)) return withoutSubscription(billing);
  if (billing.billingState === "unpaid") return stopped(billing, subscription);
  switch (subscription.status) {
    case "past_due":
      return inGrace(billing, subscription);
    case "incomplete":
      return {
        badge: { text: "Waiting for your bank", tone: "warn" },
        sentence: "The plan starts as soon as the first payment is confirmed.",
        alarm: {
          tone: "warn",
          title: "Your bank wants you to confirm the first payment",
          text: "Confirm it on the invoice's page at Stripe. The plan starts within seconds of it.",
          payLabel: "Confirm the payment",
        },
      };
    case "trialing":
      return onTrial(billing, subscription);
    default:
      return running(billing, subscription);
  }
}

/** Whether there is a subscription that can be changed, cancelled or kept. */
export function hasLiveSubscription({ subscription }: Pick<Billing, "subscription">): boolean {
  // One that waits for its first payment grants nothing yet, and another may be bought in its place.
  return subscription !== null && !isOver(subscription) && subscription.status !== "incomplete";
}

/** A subscription that has ended says nothing about the present any more. */
function isOver({ status }: Subscription): boolean {
  return status === "canceled" || status === "incomplete_expired";
}

function withoutSubscription({ planSource, billingState, openInvoice }: StandingFacts): PlanStanding {
  const alarm: PlanAlarm | null =
    billingState === "unpaid"
      ? {
          tone: "bad",
          title: "Your addresses answer 402",
          text: `An invoice of an earlier plan is unpaid${openInvoice ? `: ${formatMoney(openInvoice.amountDueCents)}` : ""}. Service is back within seconds of the payment.`,
          payLabel: "Pay the invoice",
        }
      : null;
  if (planSource === "operator") {
    return {
      badge: { text: "Complimentary", tone: "ok" },
      sentence: "Given to you by the people who run this service. Nothing is charged.",
      alarm,
    };
  }
  return {
    badge: alarm ? { text: "Stopped", tone: "bad" } : { text: "No charge", tone: "quiet" },
    sentence: "Free, without an end. At the limits of the plan requests are refused until the next month.",
    alarm,
  };
}

function onTrial(billing: StandingFacts, subscription: Subscription): PlanStanding {
  const { trialEnd, periodEnd, cancelAt } = subscription;
  const end = formatDay(trialEnd ?? periodEnd);
  if (cancelAt) {
    return {
      badge: { text: "Trial, not continued", tone: "warn" },
      sentence: `The trial ends on ${end} and the account goes on with Free. Nothing is charged for the plan.`,
      alarm: null,
    };
  }
  const price = monthlyCents(billing, subscription);
  const from = subscription.paymentMethod ? ` from ${paymentMethodWords(subscription.paymentMethod)}` : "";
  return {
    badge: { text: "Trial", tone: "ok" },
    sentence: `Free until ${end}. Then ${formatMoney(price)} a month${from}, and what you use above the included. Cancelled before that day, it costs nothing.`,
    alarm: null,
  };
}

function running(billing: StandingFacts, subscription: Subscription): PlanStanding {
  const { cancelAt, periodEnd, scheduledPlan, scheduledSeats } = subscription;
  if (cancelAt) {
    return {
      badge: { text: `Ends ${formatDay(cancelAt)}`, tone: "warn" },
      sentence: `Everything goes on until ${formatDay(cancelAt)}. Then the account goes on with Free, and usage up to that day is on a last invoice.`,
      alarm: null,
    };
  }
  if (scheduledPlan || scheduledSeats !== null) {
    return {
      badge: { text: "Change is set", tone: "quiet" },
      sentence: `From ${formatDay(periodEnd)}: ${scheduledWords(billing, subscription)}. Until then everything stays as it is.`,
      alarm: null,
    };
  }
  return {
    badge: { text: "Active", tone: "ok" },
    sentence: `Renews on ${formatDay(periodEnd)}.`,
    alarm: null,
  };
}

function inGrace(billing: StandingFacts, subscription: Subscription): PlanStanding {
  const { graceEndsAt, openInvoice } = billing;
  const amount = openInvoice ? ` of ${formatMoney(openInvoice.amountDueCents)}` : "";
  const next = subscription.nextPaymentAttempt
    ? ` We try again on ${formatDay(subscription.nextPaymentAttempt)}.`
    : "";
  return {
    badge: { text: "Payment failed", tone: "bad" },
    sentence: `Your last payment${amount} did not go through.${next}`,
    alarm: {
      tone: "warn",
      title: graceEndsAt ? `Service stops on ${formatDay(graceEndsAt)}` : "Your last payment failed",
      text: "Until then nothing changes for those who call you. Pay the open invoice, or change the payment method.",
      payLabel: `Pay ${openInvoice ? formatMoney(openInvoice.amountDueCents) : "now"}`,
    },
  };
}

function stopped(billing: StandingFacts, subscription: Subscription): PlanStanding {
  const { openInvoice } = billing;
  const paused = subscription.status === "paused";
  return {
    badge: { text: "Stopped", tone: "bad" },
    sentence: paused
      ? "The trial ended without a payment method."
      : "An invoice was not paid within the days of grace.",
    alarm: {
      tone: "bad",
      title: "Your addresses answer 402",
      text: "Connectors stay connected and nothing is deleted. Service is back within seconds of the payment.",
      payLabel: `Pay ${openInvoice ? formatMoney(openInvoice.amountDueCents) : "now"}`,
    },
  };
}

function scheduledWords(
  billing: StandingFacts,
  { plan, scheduledPlan, scheduledSeats, seats }: Subscription,
) {
  const name = scheduledPlan ?? plan ?? "free";
  const facts = planNamed(billing, name);
  const count = scheduledSeats ?? seats;
  return facts && facts.maxSeats > 1
    ? `${facts.title} with ${plural(count, "seat")}`
    : (facts?.title ?? name);
}

/** What the seats cost a month, without usage, taxes and discount. */
export function monthlyCents(billing: Pick<Billing, "plans">, subscription: Subscription): number {
  const plan = subscription.plan && planNamed(billing, subscription.plan);
  return plan ? plan.seatCents * subscription.seats : 0;
}

export function planNamed({ plans }: Pick<Billing, "plans">, name: string) {
  return plans.find((plan) => plan.name === name) ?? null;
}

/** `Visa ending in 4242`, `SEPA debit ending in 3000`, `Link`. */
export function paymentMethodWords({ kind, brand, last4 }: PaymentMethod): string {
  const name = brands[brand ?? kind] ?? capital((brand ?? kind).replaceAll("_", " "));
  return last4 ? `${name} ending in ${last4}` : name;
}

const brands: Record<string, string> = {
  amex: "American Express",
  mastercard: "Mastercard",
  sepa_debit: "SEPA debit",
  us_bank_account: "Bank account",
  card: "Card",
};

/** `12/2030`; null for what does not expire. */
export function cardExpiry({ expMonth, expYear }: PaymentMethod): string | null {
  if (expMonth === null || expYear === null) return null;
  return `${expMonth.toString().padStart(2, "0")}/${expYear}`;
}

/** `20 % off`, `$5 off`, and until when. */
export function discountWords(discount: NonNullable<Subscription["discount"]>): string {
  const { percentOff, amountOffCents, endsAt, name, coupon } = discount;
  const off =
    percentOff !== null
      ? `${percentOff}\u00a0% off`
      : amountOffCents !== null
        ? `${formatMoney(amountOffCents)} off`
        : "applied";
  return `${name ?? coupon}: ${off}${endsAt ? ` until ${formatDay(endsAt)}` : ""}`;
}

/** Stripe's words for how an invoice stands, in ours. */
export function invoiceStatus(invoice: { status: string }): {
  text: string;
  tone: Tone;
} {
  switch (invoice.status) {
    case "paid":
      return { text: "Paid", tone: "ok" };
    case "open":
      return { text: "To be paid", tone: "bad" };
    case "draft":
      return { text: "Draft", tone: "quiet" };
    case "void":
      return { text: "Void", tone: "quiet" };
    case "uncollectible":
      return { text: "Not paid", tone: "bad" };
    default:
      return { text: capital(invoice.status), tone: "quiet" };
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
