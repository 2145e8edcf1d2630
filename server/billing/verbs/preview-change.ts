import type { Stripe } from "stripe";
import type { PlanChangeInput, PreviewOutput } from "../schemas.ts";
import { completeLines } from "../sync/read-invoices.ts";
import { dateOf } from "../sync/times.ts";
import { type BillingArgs, type Mutation, mutateBilling } from "./mutation.ts";
import { type PlanChange, planChange } from "./plan-change.ts";

/**
 * What another plan or number of seats would cost, as Stripe reckons it. Changes nothing. The proration date goes with
 * the change that follows, so that what is charged is what was shown.
 *
 * @throws DomainError as `planChange`
 */
export function previewChange(args: BillingArgs & { input: PlanChangeInput }): Promise<PreviewOutput> {
  return mutateBilling(args, async (mutation) => {
    const change = await planChange(mutation, args.input);
    const prorationDate = change.charges ? Math.floor(mutation.billing.now().getTime() / 1000) : null;
    const now = prorationDate === null ? null : await previewNow(mutation, change, prorationDate);
    const next = await previewNext(mutation, change);
    const { effect, plan, seats, periodEnd } = change;
    return {
      effect,
      effectiveAt: (effect === "period_end" ? periodEnd : mutation.billing.now()).toISOString(),
      plan,
      seats,
      currency: change.subscription.currency,
      dueNowCents: now?.amount_due ?? 0,
      creditCents: Math.max(0, -(now?.total ?? 0)),
      nextInvoice: {
        at: (change.startsPeriod ? endOf(now!) : periodEnd).toISOString(),
        totalCents: next.total,
      },
      lines: (now ?? next).lines.data.map((line) => ({
        description: line.description ?? "",
        amountCents: line.amount,
        proration:
          line.parent?.subscription_item_details?.proration ??
          line.parent?.invoice_item_details?.proration ??
          false,
      })),
      prorationDate,
    };
  });
}

async function previewNow(
  { stripe }: Mutation,
  { subscription, items, startsPeriod }: PlanChange,
  prorationDate: number,
): Promise<Stripe.Invoice> {
  const invoice = await stripe.invoices.createPreview({
    subscription: subscription.id,
    subscription_details: {
      items,
      proration_behavior: "always_invoice",
      proration_date: prorationDate,
      ...(startsPeriod ? { billing_cycle_anchor: { type: "now" as const } } : {}),
    },
  });
  await completeLines(stripe, invoice);
  return invoice;
}

/** End of the period that begins with an invoice. */
const endOf = ({ lines }: Stripe.Invoice) => dateOf(Math.max(...lines.data.map(({ period }) => period.end)));

/** The renewal with the change in it. */
async function previewNext(
  { stripe }: Mutation,
  { subscription, items }: PlanChange,
): Promise<Stripe.Invoice> {
  const invoice = await stripe.invoices.createPreview({
    subscription: subscription.id,
    subscription_details: { items, proration_behavior: "none" },
  });
  await completeLines(stripe, invoice);
  return invoice;
}
