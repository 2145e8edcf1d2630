import { dayInWords, sendNotice } from "../../dunning/index.ts";
import { planOf } from "../../plans.ts";
import type { SpecialHandler } from "./types.ts";

/** A trial ends in a few days. Read from our own row, which was read from Stripe just now. */
export const announceTrialEnd: SpecialHandler = async (deps, { object_id, tenantId }) => {
  if (tenantId === null) return;
  const subscription = await deps.db
    .selectFrom("subscriptions")
    .select(["status", "plan", "trial_end", "cancel_at", "payment_method"])
    .where("id", "=", object_id)
    .where("tenant_id", "=", tenantId)
    .executeTakeFirst();
  if (subscription?.status !== "trialing" || subscription.cancel_at !== null) return;
  const { plan, trial_end, payment_method } = subscription;
  if (plan === null || trial_end === null) return;
  const kind = "trial_ending";
  const subject = `${object_id}@${Math.floor(trial_end.getTime() / 1_000)}`;
  await sendNotice(deps, { tenantId, kind, subject }, (accountName) => ({
    kind,
    accountName,
    planTitle: planOf(plan).title,
    endsOn: dayInWords(trial_end),
    hasPaymentMethod: payment_method !== null,
    billingUrl: `${deps.portalUrl}/billing`,
  }));
};
