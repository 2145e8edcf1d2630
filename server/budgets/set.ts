import { sql } from "kysely";
import { inTransaction, type Tx } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import { notifyChange } from "../events.ts";
import { newId } from "../ids.ts";
import { getPlan, hasPrices, listBudgets } from "./list.ts";
import { type BudgetSummary, SetBudgetInput } from "./schemas.ts";

/** Of one tenant: each costs a sum now and then. */
const MAX_BUDGETS = 200;

/**
 * Sets a budget. There is one for each account or key, metric and period: setting it again changes it, and its mails are
 * sent anew where the new limit is higher than what is used.
 *
 * @throws DomainError not_found/access_key_not_found; precondition/budget_without_price; limit/too_many_budgets
 */
export async function setBudget(args: {
  ctx: RequestContext;
  input: SetBudgetInput;
}): Promise<BudgetSummary> {
  const { ctx } = args;
  requirePermission(ctx, "billing:write");
  const input = SetBudgetInput.parse(args.input);
  return inTransaction(ctx.db, async (tx) => {
    if (input.accessKeyId !== undefined) await requireAccessKey(tx, ctx.tenantId, input.accessKeyId);
    if (input.metric === "cents" && !hasPrices(await getPlan({ db: tx, tenantId: ctx.tenantId }))) {
      throw new DomainError(
        "precondition",
        "budget_without_price",
        "usage costs nothing on this plan: limit requests or tokens instead",
        { field: "metric" },
      );
    }
    await requirePlace(tx, ctx.tenantId);
    const { id, limit_value: before } = await upsert(tx, ctx.tenantId, input);
    if (before !== input.limit) await tx.deleteFrom("budget_alerts").where("budget_id", "=", id).execute();
    const { accessKeyId = null, metric, period, limit, hard } = input;
    const detail = { accessKeyId, metric, period, limit, hard };
    await recordAudit(tx, ctx, { action: "budget.set", subject: id, detail });
    await notifyChange(tx, { type: "budgets", tenantId: ctx.tenantId });
    const { budgets } = await listBudgets({ ctx: { ...ctx, permissions: ["*"], db: tx } });
    return budgets.find((budget) => budget.id === id)!;
  });
}

async function requireAccessKey(tx: Tx, tenantId: string, accessKeyId: string): Promise<void> {
  const row = await tx
    .selectFrom("access_keys")
    .select("id")
    .where("id", "=", accessKeyId)
    .where("tenant_id", "=", tenantId)
    .where("revoked_at", "is", null)
    .executeTakeFirst();
  if (row) return;
  throw new DomainError("not_found", "access_key_not_found", "there is no such access key", {
    field: "accessKeyId",
  });
}

/** Holds the tenant's row, so that two who set a budget wait for each other. */
async function requirePlace(tx: Tx, tenantId: string): Promise<void> {
  await tx
    .selectFrom("tenant_settings")
    .select("tenant_id")
    .where("tenant_id", "=", tenantId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const { used } = await tx
    .selectFrom("budgets")
    .select(sql<number>`count(*)::int`.as("used"))
    .where("tenant_id", "=", tenantId)
    .executeTakeFirstOrThrow();
  if (used < MAX_BUDGETS) return;
  const message = `an account can have ${MAX_BUDGETS} budgets: remove one that is not needed`;
  throw new DomainError("limit", "plan_limit", message, { limit: MAX_BUDGETS, used });
}

/** @returns the budget, with the limit it had before; null when it is new */
async function upsert(
  tx: Tx,
  tenantId: string,
  input: SetBudgetInput,
): Promise<{ id: string; limit_value: number | null }> {
  const { metric, period, limit, hard } = input;
  const accessKeyId = input.accessKeyId ?? null;
  const present = await tx
    .selectFrom("budgets")
    .select(["id", "limit_value"])
    .where("tenant_id", "=", tenantId)
    .where((eb) =>
      accessKeyId === null ? eb("access_key_id", "is", null) : eb("access_key_id", "=", accessKeyId),
    )
    .where("metric", "=", metric)
    .where("period", "=", period)
    .executeTakeFirst();
  if (present === undefined) {
    const id = newId("bud");
    const owner = { id, tenant_id: tenantId, access_key_id: accessKeyId };
    await tx
      .insertInto("budgets")
      .values({ ...owner, metric, period, limit_value: limit, hard })
      .execute();
    return { id, limit_value: null };
  }
  await tx
    .updateTable("budgets")
    .set({ limit_value: limit, hard, updated_at: sql`now()` })
    .where("id", "=", present.id)
    .where("tenant_id", "=", tenantId)
    .execute();
  return { id: present.id, limit_value: present.limit_value };
}
