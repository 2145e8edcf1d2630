import { type CardInput, cardError, makePaymentMethod, trySetUp } from "../billing/cards.ts";
import { createSubscription } from "../billing/create.ts";
import { type DiscountInput, makeDiscount, unredeem } from "../billing/discounts.ts";
import { exactCents, roundCents } from "../billing/money.ts";
import { StripeError } from "../core/errors.ts";
import type { Customer, PaymentMethod } from "../core/objects.ts";
import type { CheckoutSession } from "../core/payment-objects.ts";
import { createCustomer } from "../resources/customers.ts";
import { attach, detach } from "../resources/payment-methods.ts";
import { confirmSetup } from "../resources/payments.ts";
import { addTaxId } from "../resources/tax-ids.ts";
import { checkoutLines, type World } from "../world.ts";

/** What is filled in on the page of a checkout. */
export interface CheckoutForm {
  readonly card: CardInput;
  readonly promotionCode: string | null;
  readonly taxId: { type: string; value: string } | null;
  readonly country: string | null;
  readonly postalCode: string | null;
}

/** @throws StripeError 400 when it is not open any more */
export function openSession(world: World, id: string): CheckoutSession {
  const session = world.state.checkoutSessions.get(id);
  if (session.status !== "open") throw new StripeError(400, `This checkout session is ${session.status}.`);
  return session;
}

/**
 * Somebody pays on the page.
 * @returns where their browser goes next: to the page that authenticates, or back to the shop
 * @throws StripeError to be shown on the page; the session stays open
 */
export function submitCheckout(world: World, session: CheckoutSession, form: CheckoutForm): string {
  const now = world.now(session.customer);
  const method = makePaymentMethod(world, form.card, now);
  const result = trySetUp(method);
  if (result.kind === "declined") throw cardError(result.error);
  if (result.kind === "action") {
    session._pending = { method: method.id, form };
    return `${world.url}/authenticate/${session.id}`;
  }
  return finishCheckout(world, session, method, form, false);
}

/** They have answered their bank. */
export function authenticateCheckout(world: World, session: CheckoutSession, success: boolean): string {
  const pending = session._pending;
  if (!pending) throw new StripeError(400, "There is nothing to authenticate.");
  session._pending = null;
  if (!success)
    throw cardError({ code: "payment_intent_authentication_failure", message: AUTHENTICATION_FAILED });
  const method = world.state.paymentMethods.get(pending.method);
  method._setUp = true;
  return finishCheckout(world, session, method, pending.form as CheckoutForm, true);
}

const AUTHENTICATION_FAILED =
  "We are unable to authenticate your payment method. Please choose a different payment method and try again.";

function finishCheckout(
  world: World,
  session: CheckoutSession,
  method: PaymentMethod,
  form: CheckoutForm,
  authenticated: boolean,
): string {
  const customer = customerOf(world, session, form);
  if (session.mode === "setup") {
    const intent = world.state.setupIntents.get(session.setup_intent!);
    confirmSetup(world, intent, method.id, { authenticated: true, returnUrl: null });
  } else {
    attach(world, method, customer);
    method._setUp = true;
    try {
      buy(world, session, customer, method, form, authenticated);
    } catch (error) {
      detach(world, method);
      throw error;
    }
  }
  if (form.taxId) addTaxId(world, customer, form.taxId);
  if (form.country || form.postalCode) {
    const empty = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null };
    customer.address = {
      ...(customer.address ?? empty),
      country: form.country,
      postal_code: form.postalCode,
    };
  }
  if (form.card.name) customer.name ??= form.card.name;
  const { address, email, name } = customer;
  session.customer_details = {
    address,
    email,
    name,
    phone: null,
    tax_exempt: "none",
    tax_ids: form.taxId ? [form.taxId] : [],
  };
  session.status = "complete";
  session.url = null;
  world.emit("checkout.session.completed", session);
  return session.success_url.replaceAll("{CHECKOUT_SESSION_ID}", session.id);
}

function customerOf(world: World, session: CheckoutSession, form: CheckoutForm): Customer {
  if (session.customer !== null) return world.state.customers.get(session.customer);
  const email = form.card.email ?? session.customer_email;
  const customer = createCustomer(world, {
    ...(email ? { email } : {}),
    ...(form.card.name ? { name: form.card.name } : {}),
  });
  session.customer = customer.id;
  return customer;
}

function buy(
  world: World,
  session: CheckoutSession,
  customer: Customer,
  method: PaymentMethod,
  form: CheckoutForm,
  authenticated: boolean,
): void {
  const data = session._subscription;
  const now = world.now(customer);
  const days = data.trial_period_days ?? 0;
  const subscription = createSubscription(world, {
    customer,
    items: session._lines,
    metadata: { ...data.metadata },
    trialEnd: data.trial_end ?? (days > 0 ? now + days * 86_400 : null),
    anchor: data.billing_cycle_anchor ?? null,
    prorate: data.proration_behavior !== "none",
    // A refused card is told on the page, and the page stays.
    paymentBehavior: "error_if_incomplete",
    defaultPaymentMethod: method.id,
    discounts: discountsOf(world, session, form.promotionCode),
    cancelAt: null,
    cancelAtPeriodEnd: false,
    missingPaymentMethod: data.missing_payment_method ?? "create_invoice",
    billingMode: "flexible",
    description: data.description ?? null,
    collection: "charge_automatically",
    daysUntilDue: null,
    customerThere: true,
    authenticated,
    saveCard: false,
  });
  const invoice = world.state.invoices.get(subscription.latest_invoice!);
  Object.assign(session, {
    subscription: subscription.id,
    invoice: invoice.id,
    amount_total: invoice.amount_due,
    payment_status: subscription.status === "trialing" ? "no_payment_required" : "paid",
  });
  session.total_details.amount_discount = invoice.subtotal - invoice.total;
}

function discountsOf(world: World, session: CheckoutSession, code: string | null): DiscountInput[] {
  if (code !== null) return [{ promotion_code: findCode(world, code).id }];
  return session.discounts.map(({ coupon, promotion_code }) =>
    promotion_code === null ? { coupon: coupon! } : { promotion_code },
  );
}

/** @throws StripeError 400 for a code that nobody knows */
export function findCode(world: World, code: string) {
  const found = [...world.state.promotionCodes.values()].find(
    (one) => one.active && one.code.toLowerCase() === code.trim().toLowerCase(),
  );
  if (!found) throw new StripeError(400, "This code is invalid.", { code: "promotion_code_invalid" });
  return found;
}

export interface Summary {
  readonly lines: readonly { description: string; detail: string; cents: number }[];
  readonly discount: { readonly name: string; readonly cents: number } | null;
  readonly dueCents: number;
  /** Unix seconds; null: none. */
  readonly trialEnd: number | null;
  readonly thenCents: number;
}

/** What the page says that it costs. @throws StripeError 400 for a code that cannot be used */
export function summaryOf(world: World, session: CheckoutSession, code: string | null): Summary {
  const lines = checkoutLines(world, session._lines) as {
    description: string;
    amount_subtotal: number;
    quantity: number | null;
  }[];
  const total = lines.reduce((sum, { amount_subtotal }) => sum + amount_subtotal, 0);
  const [wanted] = discountsOf(world, session, code);
  let discount: Summary["discount"] = null;
  if (wanted) {
    const made = makeDiscount(world, wanted, session.customer ?? "", null);
    unredeem(world, [made.id]);
    const coupon = world.state.coupons.get(made.source.coupon);
    const cents =
      coupon.percent_off === null
        ? Math.min(total, coupon.amount_off ?? 0)
        : roundCents((BigInt(total) * exactCents(String(coupon.percent_off))) / 100n);
    discount = { name: coupon.name ?? code ?? coupon.id, cents };
  }
  const { trial_end, trial_period_days } = session._subscription;
  const days = trial_period_days ?? 0;
  const trialEnd = trial_end ?? (days > 0 ? world.now(session.customer) + days * 86_400 : null);
  const thenCents = total - (discount?.cents ?? 0);
  return {
    lines: lines.map(({ description, amount_subtotal, quantity }) => ({
      description,
      detail: quantity === null ? "by use, billed monthly in arrears" : `${quantity} × a month`,
      cents: amount_subtotal,
    })),
    discount,
    dueCents: trialEnd === null ? thenCents : 0,
    trialEnd,
    thenCents,
  };
}
