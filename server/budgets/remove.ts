import { inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import { notifyChange } from "../events.ts";
import { BudgetIdInput } from "./schemas.ts";

/**
 * Takes a budget away; what it stopped goes on as soon as relays hear of it.
 * @throws DomainError not_found/budget_not_found
 */
export async function removeBudget(args: {
  ctx: RequestContext;
  input: BudgetIdInput;
}): Promise<{ id: string }> {
  const { ctx } = args;
  requirePermission(ctx, "billing:write");
  const { id } = BudgetIdInput.parse(args.input);
  return inTransaction(ctx.db, async (tx) => {
    const row = await tx
      .deleteFrom("budgets")
      .where("id", "=", id)
      .where("tenant_id", "=", ctx.tenantId)
      .returning("id")
      .executeTakeFirst();
    if (!row) {
      throw new DomainError("not_found", "budget_not_found", "there is no such budget", { field: "id" });
    }
    await recordAudit(tx, ctx, { action: "budget.remove", subject: id });
    await notifyChange(tx, { type: "budgets", tenantId: ctx.tenantId });
    return { id };
  });
}
