import { listBudgets, removeBudget, setBudget } from "../../budgets/index.ts";
import {
  BudgetIdInput,
  BudgetSummary,
  ListBudgetsOutput,
  RemovedBudgetOutput,
  SetBudgetInput,
} from "../../budgets/schemas.ts";
import { router } from "../init.ts";
import { memberProcedure } from "../procedures.ts";
import { rest } from "../rest-meta.ts";

const tag = "Budgets";

export const budgetsRouter = router({
  list: memberProcedure()
    .meta(rest("GET", "/api/budgets", { tag, summary: "Budgets and what is used of them" }))
    .output(ListBudgetsOutput)
    .query(({ ctx }) => listBudgets({ ctx: ctx.caller })),

  set: memberProcedure("keys")
    .meta(rest("POST", "/api/budgets", { tag, summary: "Set the budget of the account or of an access key" }))
    .input(SetBudgetInput)
    .output(BudgetSummary)
    .mutation(({ ctx, input }) => setBudget({ ctx: ctx.caller, input })),

  remove: memberProcedure("keys")
    .meta(rest("DELETE", "/api/budgets/{id}", { tag, summary: "Take a budget away" }))
    .input(BudgetIdInput)
    .output(RemovedBudgetOutput)
    .mutation(({ ctx, input }) => removeBudget({ ctx: ctx.caller, input })),
});
