import { describe, expect, test } from "vitest";
import type { Subscription } from "./api-types.ts";
import {
  cardExpiry,
  discountWords,
  hasLiveSubscription,
  invoiceStatus,
  monthlyCents,
  paymentMethodWords,
  planStanding,
  type StandingFacts,
} from "./billing-words.ts";
import { planFacts } from "./plan-facts.ts";

const visa = { kind: "card", brand: "visa", last4: "4242", expMonth: 3, expYear: 2030 };
const subscription: Subscription = {
  id: "sub_1",
  status: "active",
  plan: "team",
  seats: 3,
  periodStart: "2026-11-21T10:00:00.000Z",
  periodEnd: "2026-12-21T10:00:00.000Z",
  cancelAt: null,
  trialEnd: null,
  scheduledPlan: null,
  scheduledSeats: null,
  pastDueSince: null,
  nextPaymentAttempt: null,
  paymentMethod: visa,
  discount: null,
};
const plans = planFacts as StandingFacts["plans"];
const open = { id: "in_1", amountDueCents: 8700, hostedInvoiceUrl: null };

function standing(change: Partial<Subscription> | null, account: Partial<StandingFacts> = {}) {
  return planStanding({
    plan: "team",
    plans,
    planSource: "subscription",
    billingState: "ok",
    graceEndsAt: null,
    openInvoice: null,
    subscription: change && { ...subscription, ...change },
    ...account,
  });
}

/** As it is read: no-break spaces are spaces. */
const plain = (text: string | undefined) => text?.replaceAll("\u00a0", " ");

describe("how the account stands", () => {
  test("free: no alarm, no end", () => {
    const { badge, alarm } = standing(null, { plan: "free", planSource: "default" });
    expect([badge.text, alarm]).toEqual(["No charge", null]);
  });

  test("a plan that an operator gave is complimentary", () => {
    expect(standing(null, { planSource: "operator" }).badge).toEqual({ text: "Complimentary", tone: "ok" });
  });

  test("on trial: when and from what the first charge comes", () => {
    const { badge, sentence } = standing({ status: "trialing", trialEnd: "2026-12-05T10:00:00.000Z" });
    expect(badge.text).toBe("Trial");
    expect(plain(sentence)).toContain("Free until 5 Dec 2026. Then $87.00 a month from Visa ending in 4242");
  });

  test("a trial that is not continued charges nothing", () => {
    const { badge, sentence } = standing({ status: "trialing", cancelAt: "2026-12-05T10:00:00.000Z" });
    expect(badge.tone).toBe("warn");
    expect(sentence).toContain("Nothing is charged");
  });

  test.each<[string, Partial<Subscription>, string]>([
    ["renews", {}, "Renews on 21 Dec 2026."],
    ["ends", { cancelAt: "2026-12-21T10:00:00.000Z" }, "Everything goes on until 21 Dec 2026."],
    ["changes plan", { scheduledPlan: "pro", scheduledSeats: 1 }, "From 21 Dec 2026: Pro."],
    ["changes seats", { scheduledSeats: 2 }, "From 21 Dec 2026: Team with 2 seats."],
  ])("active, and it %s", (_, change, words) => {
    const { sentence, alarm } = standing(change);
    expect(plain(sentence)).toContain(words);
    expect(alarm).toBeNull();
  });

  test("a failed payment: what is owed, until when service goes on, and when the next try is", () => {
    const { sentence, alarm } = standing(
      { status: "past_due", nextPaymentAttempt: "2026-12-24T10:00:00.000Z" },
      { graceEndsAt: "2026-12-28T10:00:00.000Z", openInvoice: open },
    );
    expect(plain(sentence)).toBe(
      "Your last payment of $87.00 did not go through. We try again on 24 Dec 2026.",
    );
    expect(plain(alarm?.title)).toBe("Service stops on 28 Dec 2026");
    expect([alarm?.tone, alarm?.payLabel]).toEqual(["warn", "Pay $87.00"]);
  });

  test("after the days of grace the addresses answer 402", () => {
    const { badge, alarm } = standing({ status: "past_due" }, { billingState: "unpaid", openInvoice: open });
    expect(badge).toEqual({ text: "Stopped", tone: "bad" });
    expect(alarm).toMatchObject({ tone: "bad", title: "Your addresses answer 402", payLabel: "Pay $87.00" });
  });

  test("a first payment that the bank wants confirmed is said, and is no plan yet", () => {
    const { badge, alarm } = standing({ status: "incomplete" }, { openInvoice: open });
    expect([badge.text, alarm?.payLabel]).toEqual(["Waiting for your bank", "Confirm the payment"]);
    expect(hasLiveSubscription({ subscription: { ...subscription, status: "incomplete" } })).toBe(false);
  });

  test("a subscription that has ended says nothing any more, but its unpaid invoice does", () => {
    const account = {
      plan: "free",
      planSource: "default",
      billingState: "unpaid",
      openInvoice: open,
    } as const;
    const { badge, alarm } = standing({ status: "canceled" }, account);
    expect([badge.text, alarm?.payLabel]).toEqual(["Stopped", "Pay the invoice"]);
  });
});

test("the price of a month is that of its seats", () => {
  expect(monthlyCents({ plans }, subscription)).toBe(8700);
  expect(monthlyCents({ plans }, { ...subscription, plan: null })).toBe(0);
});

test("a means of payment is named as it is known", () => {
  expect(paymentMethodWords(visa)).toBe("Visa ending in 4242");
  const debit = { kind: "sepa_debit", brand: null, last4: "3000", expMonth: null, expYear: null };
  expect([paymentMethodWords(debit), cardExpiry(debit), cardExpiry(visa)]).toEqual([
    "SEPA debit ending in 3000",
    null,
    "03/2030",
  ]);
});

test("a discount says how much and until when", () => {
  const discount = { coupon: "c", name: "Launch", percentOff: 20, amountOffCents: null, endsAt: null };
  expect(plain(discountWords(discount))).toBe("Launch: 20 % off");
  expect(
    plain(
      discountWords({ ...discount, name: null, percentOff: null, amountOffCents: 500, endsAt: "2027-01-01" }),
    ),
  ).toBe("c: $5.00 off until 1 Jan 2027");
});

test("a word of Stripe that is new is shown as it is", () => {
  expect(invoiceStatus({ status: "open" })).toEqual({ text: "To be paid", tone: "bad" });
  expect(invoiceStatus({ status: "unheard_of" }).text).toBe("Unheard_of");
});
