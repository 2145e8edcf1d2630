import type { Stripe } from "stripe";
import { DomainError } from "../../errors.ts";
import type { ChangePlanInput, ChangePlanOutput } from "../schemas.ts";
import { wholeOf } from "../sync/times.ts";
import { type BillingArgs, type Mutation, mutateBilling } from "./mutation.ts";
import { type PlanChange, planChange } from "./plan-change.ts";
import { reportUsage } from "./report-usage.ts";
import { releaseSchedule, scheduleChange } from "./schedule.ts";

/** A preview older than that has to be made again, seconds. */
const PREVIEW_GOOD_FOR = 3600;

/**
 * Changes plan or seats as the preview showed it: more at once, charged in proportion; less at the end of the period.
 * When the payment for more needs its owner (a declined card, a bank that wants to be asked) nothing changes until the
 * invoice is paid, and its address is given.
 *
 * @throws DomainError conflict/preview_outdated; and as `planChange`
 */
export function changePlan(args: BillingArgs & { input: ChangePlanInput }): Promise<ChangePlanOutput> {
  const { input } = args;
  return mutateBilling(args, async (mutation) => {
    const change = await planChange(mutation, input);
    const { subscription, effect, plan, seats } = change;
    let outcome: ChangePlanOutput["outcome"] = "changed";
    let invoice: Stripe.Invoice | null = null;
    if (effect === "now") {
      const prorationDate = change.charges
        ? requireFreshPreview(mutation, change, input.prorationDate)
        : null;
      if (change.startsPeriod) await reportUsage(mutation);
      await releaseSchedule(mutation, subscription);
      invoice = await changeNow(mutation, change, prorationDate);
      if (invoice) outcome = "payment_needed";
    } else if (effect === "period_end") {
      await scheduleChange(mutation, change);
      outcome = "scheduled";
    } else {
      await releaseSchedule(mutation, subscription);
      outcome = "kept";
    }
    await mutation.audit({
      action: "billing.change_plan",
      subject: subscription.id,
      detail: { plan, seats, outcome, invoice: invoice?.id ?? null },
    });
    await mutation.sync();
    return {
      outcome,
      subscription: await mutation.viewSubscription(),
      hostedInvoiceUrl: invoice?.hosted_invoice_url ?? null,
    };
  });
}

function requireFreshPreview(
  { billing }: Mutation,
  { periodStart }: PlanChange,
  prorationDate: number | undefined,
): number {
  const now = Math.floor(billing.now().getTime() / 1000);
  const oldest = Math.max(now - PREVIEW_GOOD_FOR, periodStart.getTime() / 1000);
  if (prorationDate !== undefined && prorationDate >= oldest && prorationDate <= now) return prorationDate;
  throw new DomainError(
    "conflict",
    "preview_outdated",
    "look at what it costs again: time has passed since it was shown",
    { field: "prorationDate" },
  );
}

/** @returns the invoice that has to be paid before the change takes effect; null: it has taken effect */
async function changeNow(
  mutation: Mutation,
  { subscription, items, plan, startsPeriod }: PlanChange,
  prorationDate: number | null,
): Promise<Stripe.Invoice | null> {
  const { stripe, tenantId } = mutation;
  const parameters = {
    items,
    // null: nothing is charged for a trial.
    ...(prorationDate === null
      ? { proration_behavior: "none" as const }
      : { proration_behavior: "always_invoice" as const, proration_date: prorationDate }),
    ...(startsPeriod ? { billing_cycle_anchor: { type: "now" as const } } : {}),
    // Until it is paid the subscription stays as it is.
    payment_behavior: "pending_if_incomplete",
  } satisfies Stripe.SubscriptionUpdateParams;
  const what = { subscription: subscription.id, parameters };
  const changed = await mutation.order("change", what, (idempotencyKey) =>
    stripe.subscriptions.update(
      subscription.id,
      { ...parameters, expand: ["latest_invoice"] },
      { idempotencyKey },
    ),
  );
  if (changed.pending_update) return wholeOf(changed.latest_invoice);
  // Not among what a pending update may carry, so it follows.
  await stripe.subscriptions.update(subscription.id, { metadata: { tenant_id: tenantId, plan } });
  return null;
}
