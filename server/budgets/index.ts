export { listBudgets } from "./list.ts";
export { removeBudget } from "./remove.ts";
export { setBudget } from "./set.ts";
export { readSpending, type Spending, type SpendingLimit } from "./spending.ts";
export { type SpentTotals, type SpentUnit, spentOf } from "./spent.ts";
export { budgetAlertsTask } from "./task.ts";
