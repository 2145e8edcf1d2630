import type { PlanName } from "../../db/schema/index.ts";
import type { RequestContext } from "../context.ts";
import { billingPeriodOf, findCurrentSubscription } from "../pricing/index.ts";

/** A billing period as reports need it, and what the tenant pays by. */
export interface ReportPeriod {
  readonly start: Date;
  readonly end: Date;
  readonly source: "subscription" | "month";
  readonly plan: PlanName;
  readonly seats: number;
  /** Set while nothing is charged. */
  readonly trialEndsAt: Date | null;
}

/** The billing period that runs at `now`, or the one before it, priced by the plan of today. */
export async function findReportPeriod(
  ctx: RequestContext,
  which: "current" | "previous",
  now: Date,
): Promise<ReportPeriod> {
  const [settings, subscription] = await Promise.all([
    ctx.db
      .selectFrom("tenant_settings")
      .select("plan")
      .where("tenant_id", "=", ctx.tenantId)
      .executeTakeFirst(),
    findCurrentSubscription(ctx.db, ctx.tenantId),
  ]);
  const current = billingPeriodOf(subscription, now);
  const isCurrent = which === "current";
  const period = isCurrent ? current : billingPeriodOf(subscription, new Date(current.start.getTime() - 1));
  const lives =
    subscription !== null && (subscription.ended_at === null || subscription.ended_at > period.start);
  return {
    ...period,
    source: lives ? "subscription" : "month",
    plan: settings?.plan ?? "free",
    seats: lives ? subscription.seats : 0,
    trialEndsAt: isCurrent && subscription?.status === "trialing" ? subscription.trial_end : null,
  };
}
