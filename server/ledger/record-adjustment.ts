import { type Db, inTransaction, type Tx } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { DomainError } from "../errors.ts";
import { newId } from "../ids.ts";
import { type BillingPeriod, billingPeriodOf } from "../pricing/index.ts";
import { liveStatuses } from "./periods.ts";
import { RecordAdjustmentInput, type RecordAdjustmentOutput } from "./schemas.ts";

/**
 * Corrects what a tenant is charged for: the quantity becomes part of the period's total and reaches Stripe with the next
 * report. For operators. Not idempotent: two calls are two corrections.
 *
 * @throws DomainError not_found/tenant_not_found, invalid/period_unknown, precondition/period_closed: its invoice is final
 */
export async function recordAdjustment(
  deps: { db: Db; requestId: string; now?: Date },
  input: RecordAdjustmentInput,
): Promise<RecordAdjustmentOutput> {
  const { tenantId, meter, quantity, reason, by, periodStart } = RecordAdjustmentInput.parse(input);
  return inTransaction(deps.db, async (tx) => {
    await requireTenant(tx, tenantId);
    const period =
      periodStart === undefined
        ? await findRunningPeriod(tx, tenantId, deps.now ?? new Date())
        : await getOpenPeriod(tx, tenantId, new Date(periodStart));
    const id = newId("adj");
    await tx
      .insertInto("usage_adjustments")
      .values({
        id,
        tenant_id: tenantId,
        meter,
        period_start: period.start,
        quantity,
        reason,
        created_by: by,
      })
      .execute();
    await recordAudit(
      tx,
      { tenantId, userId: null, requestId: deps.requestId },
      { action: "usage.adjust", subject: id, detail: { meter, quantity, reason, by } },
    );
    return {
      id,
      tenantId,
      meter,
      quantity,
      periodStart: period.start.toISOString(),
      periodEnd: period.end.toISOString(),
    };
  });
}

async function requireTenant(tx: Tx, tenantId: string): Promise<void> {
  const row = await tx
    .selectFrom("tenant_settings")
    .select("tenant_id")
    .where("tenant_id", "=", tenantId)
    .executeTakeFirst();
  if (!row) throw new DomainError("not_found", "tenant_not_found", "there is no such account");
}

/** That of the newest subscription that lives, else the free plan's. */
async function findRunningPeriod(tx: Tx, tenantId: string, now: Date): Promise<BillingPeriod> {
  const live = await tx
    .selectFrom("subscriptions")
    .select(["current_period_start", "current_period_end", "ended_at"])
    .where("tenant_id", "=", tenantId)
    .where("status", "in", liveStatuses)
    .orderBy("created_at", "desc")
    .executeTakeFirst();
  const ended = await tx
    .selectFrom("subscriptions")
    .select(["current_period_start", "current_period_end", "ended_at"])
    .where("tenant_id", "=", tenantId)
    .where("ended_at", "is not", null)
    .orderBy("ended_at", "desc")
    .executeTakeFirst();
  return billingPeriodOf(live ?? ended ?? null, now);
}

async function getOpenPeriod(tx: Tx, tenantId: string, start: Date): Promise<BillingPeriod> {
  const row = await tx
    .selectFrom("meter_periods")
    .select(["period_start", "period_end", "closed_at"])
    .where("tenant_id", "=", tenantId)
    .where("period_start", "=", start)
    // It must not be closed between this look and the correction.
    .forUpdate()
    .executeTakeFirst();
  if (!row) {
    throw new DomainError("invalid", "period_unknown", "no billing period of this account starts then", {
      field: "periodStart",
    });
  }
  if (row.closed_at !== null) {
    throw new DomainError(
      "precondition",
      "period_closed",
      "the invoice of this period is final: correct the running period instead",
    );
  }
  return { start: row.period_start, end: row.period_end };
}
