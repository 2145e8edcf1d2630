import type { PlanName } from "../../db/schema/index.ts";
import type { RequestContext } from "../context.ts";
import { billingPeriodOf } from "../pricing/index.ts";

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
    ctx.db
      .selectFrom("subscriptions")
      .select(["status", "seats", "current_period_start", "current_period_end", "ended_at", "trial_end"])
      .where("tenant_id", "=", ctx.tenantId)
      .where("status", "not in", ["incomplete", "incomplete_expired"])
      .orderBy("created_at", "desc")
      .limit(1)
      .executeTakeFirst(),
  ]);
  const times = subscription ?? null;
  const current = billingPeriodOf(times, now);
  const isCurrent = which === "current";
  const period = isCurrent ? current : billingPeriodOf(times, new Date(current.start.getTime() - 1));
  const lives =
    subscription !== undefined && (subscription.ended_at === null || subscription.ended_at > period.start);
  return {
    ...period,
    source: lives ? "subscription" : "month",
    plan: settings?.plan ?? "free",
    seats: lives ? subscription.seats : 0,
    trialEndsAt: isCurrent && subscription?.status === "trialing" ? subscription.trial_end : null,
  };
}
