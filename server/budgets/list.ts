import { type RequestContext, requirePermission } from "../context.ts";
import { type Plan, planOf } from "../plans.ts";
import { findCurrentSubscription, meterNames } from "../pricing/index.ts";
import type { BudgetSummary, ListBudgetsOutput } from "./schemas.ts";
import { spentOf } from "./spent.ts";
import { getSpentTotals } from "./totals.ts";
import { windowOf } from "./window.ts";

/** The tenant's budgets, those of the whole account first, with what is used of each. */
export async function listBudgets(args: { ctx: RequestContext; now?: Date }): Promise<ListBudgetsOutput> {
  const { ctx, now = new Date() } = args;
  requirePermission(ctx, "usage:read");
  const { db, tenantId } = ctx;
  const [rows, plan, subscription] = await Promise.all([
    db
      .selectFrom("budgets")
      .leftJoin("access_keys", "access_keys.id", "budgets.access_key_id")
      .select([
        "budgets.id",
        "budgets.access_key_id",
        "access_keys.name as access_key_name",
        "budgets.metric",
        "budgets.period",
        "budgets.limit_value",
        "budgets.hard",
      ])
      .where("budgets.tenant_id", "=", tenantId)
      .where("access_keys.revoked_at", "is", null)
      .orderBy("budgets.access_key_id", (order) => order.asc().nullsFirst())
      .orderBy("budgets.created_at")
      .execute(),
    getPlan(ctx),
    findCurrentSubscription(db, tenantId),
  ]);
  const budgets: BudgetSummary[] = [];
  for (const row of rows) {
    const window = windowOf(row.period, subscription, now);
    const isAccount = row.access_key_id === null;
    const withAdjustments = isAccount && row.period === "month";
    const totals = await getSpentTotals(db, { tenantId, accessKeyId: row.access_key_id }, window, {
      withAdjustments,
    });
    budgets.push({
      id: row.id,
      accessKeyId: row.access_key_id,
      accessKeyName: row.access_key_name,
      metric: row.metric,
      period: row.period,
      limit: row.limit_value,
      hard: row.hard,
      used: Math.floor(spentOf({ metric: row.metric, afterIncluded: withAdjustments }, plan, totals)),
      periodStart: window.start.toISOString(),
      resetsAt: window.end.toISOString(),
    });
  }
  return { budgets, hasPrices: hasPrices(plan) };
}

/** Money can be limited only where usage costs some. */
export function hasPrices(plan: Plan): boolean {
  return meterNames.some((meter) => plan.metered[meter].perMillionCents !== null);
}

export async function getPlan({ db, tenantId }: Pick<RequestContext, "db" | "tenantId">): Promise<Plan> {
  const { plan } = await db
    .selectFrom("tenant_settings")
    .select("plan")
    .where("tenant_id", "=", tenantId)
    .executeTakeFirstOrThrow();
  return planOf(plan);
}
