import type { Db, Tx } from "../../db/client.ts";
import { type Plan, planOf } from "../plans.ts";
import { type BillingPeriod, findCurrentSubscription } from "../pricing/index.ts";
import type { SpentTotals, SpentUnit } from "./spent.ts";
import { getSpentTotals } from "./totals.ts";
import { windowOf } from "./window.ts";

/** A limit at which requests stop: a hard budget, or what a plan without a price for more includes. */
export interface SpendingLimit extends SpentUnit {
  /** Of the budget; null for the plan's own. */
  readonly budgetId: string | null;
  readonly accessKeyId: string | null;
  readonly limit: number;
  readonly window: BillingPeriod;
  /** Used in that window, as far as it was handed over. */
  readonly used: SpentTotals;
}

/** What a relay needs to stop a tenant at its limits. */
export interface Spending {
  readonly plan: Plan;
  readonly limits: readonly SpendingLimit[];
  /** Records of the asking relay's journal before this one are in `used`, the others are not. */
  readonly nextSeq: number;
}

/** Reads limits and sums as of one moment, so that a relay can add exactly what is not in them yet. */
export async function readSpending(
  db: Db,
  { tenantId, journalId, now }: { tenantId: string; journalId: string; now: Date },
): Promise<Spending> {
  return db
    .transaction()
    .setIsolationLevel("repeatable read")
    .setAccessMode("read only")
    .execute(async (tx) => {
      const plan = await findPlan(tx, tenantId);
      const subscription = await findCurrentSubscription(tx, tenantId);
      const wanted: Omit<SpendingLimit, "used">[] = planLimits(plan, windowOf("month", subscription, now));
      for (const { id, access_key_id, metric, period, limit_value } of await hardBudgets(tx, tenantId)) {
        wanted.push({
          budgetId: id,
          accessKeyId: access_key_id,
          metric,
          afterIncluded: access_key_id === null && period === "month",
          limit: limit_value,
          window: windowOf(period, subscription, now),
        });
      }
      return { plan, limits: await withUsed(tx, tenantId, wanted), nextSeq: await nextSeqOf(tx, journalId) };
    });
}

async function findPlan(tx: Tx, tenantId: string): Promise<Plan> {
  const row = await tx
    .selectFrom("tenant_settings")
    .select("plan")
    .where("tenant_id", "=", tenantId)
    .executeTakeFirst();
  return planOf(row?.plan ?? "free");
}

function planLimits(plan: Plan, window: BillingPeriod): Omit<SpendingLimit, "used">[] {
  const limits: Omit<SpendingLimit, "used">[] = [];
  for (const metric of ["requests", "megabytes", "tokens"] as const) {
    const { included, perMillionCents } = plan.metered[metric];
    if (perMillionCents !== null) continue;
    limits.push({
      budgetId: null,
      accessKeyId: null,
      metric,
      afterIncluded: false,
      limit: included,
      window,
    });
  }
  return limits;
}

function hardBudgets(tx: Tx, tenantId: string) {
  return tx
    .selectFrom("budgets")
    .select(["id", "access_key_id", "metric", "period", "limit_value"])
    .where("tenant_id", "=", tenantId)
    .where("hard", "=", true)
    .orderBy("created_at")
    .execute();
}

/** Limits of the same owner and window share one sum. */
async function withUsed(
  tx: Tx,
  tenantId: string,
  wanted: readonly Omit<SpendingLimit, "used">[],
): Promise<SpendingLimit[]> {
  const sums = new Map<string, SpentTotals>();
  const limits: SpendingLimit[] = [];
  for (const limit of wanted) {
    const { accessKeyId, window, afterIncluded, budgetId } = limit;
    const withAdjustments = accessKeyId === null && (budgetId === null || afterIncluded);
    const key = `${accessKeyId} ${window.start.getTime()} ${window.end.getTime()} ${withAdjustments}`;
    const used =
      sums.get(key) ?? (await getSpentTotals(tx, { tenantId, accessKeyId }, window, { withAdjustments }));
    sums.set(key, used);
    limits.push({ ...limit, used });
  }
  return limits;
}

async function nextSeqOf(tx: Tx, journalId: string): Promise<number> {
  const row = await tx
    .selectFrom("usage_journals")
    .select("next_seq")
    .where("journal_id", "=", journalId)
    .executeTakeFirst();
  return row?.next_seq ?? 1;
}
