import type { BillingState, PlanName, PlanSource } from "../../db/schema/index.ts";

/** What a standing depends on, of a subscription as Stripe last told it. A row of `subscriptions` fits. */
export interface StandingSubscription {
  /** Stripe's own word. */
  readonly status: string;
  /** null when its prices are none of ours. */
  readonly plan: PlanName | null;
  /** Since when a payment of it is missing. */
  readonly past_due_since: Date | null;
}

/** The standing that a tenant has now; a row of `tenant_settings` has these columns too. */
export interface PresentStanding {
  readonly plan: PlanName;
  readonly billingState: BillingState;
  readonly graceEndsAt: Date | null;
}

/** What a tenant may use, who says so, and whether it is served. */
export interface Standing extends PresentStanding {
  readonly planSource: PlanSource;
}

export interface StandingOptions {
  readonly now: Date;
  /** Days that service goes on after a payment failed; 0: none. */
  readonly graceDays: number;
  /** Who decided the present plan. */
  readonly planSource: PlanSource;
  readonly present: PresentStanding;
}

const DAY_MS = 86_400_000;

/**
 * The one rule that turns a subscription into what a tenant gets. Pure: the same answer for the same arguments, so it
 * may be asked after every event and by a timer.
 *
 * | subscription | plan | served |
 * | --- | --- | --- |
 * | trialing, active | its plan | yes |
 * | past_due | its plan | until `past_due_since` + grace, then `unpaid` |
 * | unpaid, paused | its plan | no |
 * | incomplete | as without it: a first payment that waits for the bank grants nothing and takes nothing away | yes |
 * | canceled, incomplete_expired, none | free | yes |
 * | a word that Stripe did not have when this was written | the present one | as at present |
 *
 * A plan that an operator gave stays until a subscription takes over. Suspension by an operator is another matter: it
 * is not part of this. The days of grace are ours; Stripe's retries may end sooner (`unpaid`) or go on longer.
 *
 * @param subscription the one that counts, or null when there never was any
 * @returns `graceEndsAt` is set exactly while the status is `past_due`, also when it has passed
 */
export function standingOf(subscription: StandingSubscription | null, options: StandingOptions): Standing {
  const { present, planSource } = options;
  switch (subscription?.status) {
    case "trialing":
    case "active":
      return { ...subscribed(subscription, options), billingState: "ok", graceEndsAt: null };
    case "past_due": {
      const graceEndsAt = endOfGrace(subscription, options);
      const over = options.now.getTime() >= graceEndsAt.getTime();
      return { ...subscribed(subscription, options), billingState: over ? "unpaid" : "ok", graceEndsAt };
    }
    case "unpaid":
    case "paused":
      return { ...subscribed(subscription, options), billingState: "unpaid", graceEndsAt: null };
    case undefined:
    case "incomplete":
    case "incomplete_expired":
    case "canceled":
      return withoutSubscription(options);
    default:
      return { ...present, planSource };
  }
}

/** Prices that we do not know give no other plan than the present one. */
function subscribed({ plan }: StandingSubscription, { present, planSource }: StandingOptions) {
  return plan === null
    ? { plan: present.plan, planSource }
    : { plan, planSource: "subscription" as const satisfies PlanSource };
}

function withoutSubscription({ present, planSource }: StandingOptions): Standing {
  const served = { billingState: "ok", graceEndsAt: null } as const;
  if (planSource === "operator") return { plan: present.plan, planSource, ...served };
  return { plan: "free", planSource: "default", ...served };
}

/** The clock starts with the first failed payment; when that is not known it starts once, now, and is kept. */
function endOfGrace({ past_due_since }: StandingSubscription, options: StandingOptions): Date {
  const { now, graceDays, present } = options;
  if (past_due_since === null && present.graceEndsAt !== null) return present.graceEndsAt;
  return new Date((past_due_since ?? now).getTime() + graceDays * DAY_MS);
}
