import type { Db } from "../../db/client.ts";
import type { RequestContext } from "../context.ts";
import { dayInWords, moneyInWords, type NoticeDeps, sendNotice } from "../dunning/index.ts";
import { listBudgets } from "./list.ts";
import type { BudgetSummary } from "./schemas.ts";

const THRESHOLDS = [100, 80, 50] as const;
type Threshold = (typeof THRESHOLDS)[number];

/**
 * Sends the mails of budgets that passed 50, 80 or 100 %: one for each and window, and where several were passed at once, for
 * the highest only. Safe to repeat, from several portals.
 *
 * @returns mails sent
 * @throws AggregateError of the accounts that failed, after all had their turn
 */
export async function sendBudgetAlerts(deps: NoticeDeps & { readonly now?: () => Date }): Promise<number> {
  const now = deps.now?.() ?? new Date();
  const tenants = await deps.db
    .selectFrom("budgets")
    .select("tenant_id")
    .distinct()
    .orderBy("tenant_id")
    .execute();
  const failures: unknown[] = [];
  let sent = 0;
  for (const { tenant_id } of tenants) {
    try {
      sent += await alertTenant(deps, tenant_id, now);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `budget mails failed for ${failures.length} accounts`);
  return sent;
}

async function alertTenant(deps: NoticeDeps, tenantId: string, now: Date): Promise<number> {
  const ctx: RequestContext = {
    tenantId,
    userId: null,
    permissions: ["usage:read"],
    requestId: "budget-alerts",
    db: deps.db,
  };
  const { budgets } = await listBudgets({ ctx, now });
  let sent = 0;
  for (const budget of budgets) {
    const threshold = THRESHOLDS.find((percent) => budget.used * 100 >= budget.limit * percent);
    if (threshold === undefined || (await wasSent(deps.db, budget, threshold))) continue;
    sent += await send(deps, tenantId, budget, threshold);
    await markSent(deps.db, budget, threshold);
  }
  return sent;
}

async function wasSent(db: Db, budget: BudgetSummary, threshold: Threshold): Promise<boolean> {
  const row = await db
    .selectFrom("budget_alerts")
    .select("threshold")
    .where("budget_id", "=", budget.id)
    .where("period_start", "=", new Date(budget.periodStart))
    .where("threshold", ">=", threshold)
    .executeTakeFirst();
  return row !== undefined;
}

/** After the mails: a crash between repeats none, because each is noted by itself with its sending. */
async function markSent(db: Db, budget: BudgetSummary, threshold: Threshold): Promise<void> {
  await db
    .insertInto("budget_alerts")
    .values({ budget_id: budget.id, period_start: new Date(budget.periodStart), threshold })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

function send(
  deps: NoticeDeps,
  tenantId: string,
  budget: BudgetSummary,
  threshold: Threshold,
): Promise<number> {
  const subject = `${budget.id}:${budget.limit}:${budget.periodStart}:${threshold}`;
  return sendNotice(deps, { tenantId, kind: "budget_alert", subject }, (accountName) => ({
    kind: "budget_alert",
    accountName,
    threshold,
    budget: nameOf(budget),
    used: amountOf(budget, budget.used),
    limit: amountOf(budget, budget.limit),
    hard: budget.hard,
    resetsOn: dayInWords(new Date(budget.resetsAt)),
    budgetsUrl: `${deps.portalUrl}/budgets`,
  }));
}

function nameOf({ metric, period, accessKeyName }: BudgetSummary): string {
  const what = { requests: "request", tokens: "token", cents: "spending" }[metric];
  const name = `the ${period === "day" ? "daily" : "monthly"} ${what} budget`;
  return accessKeyName === null ? name : `${name} of the key "${accessKeyName}"`;
}

function amountOf({ metric }: BudgetSummary, value: number): string {
  return metric === "cents" ? moneyInWords(value, "usd") : `${value.toLocaleString("en-US")} ${metric}`;
}
