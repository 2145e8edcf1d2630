import type { Budget } from "./api-types.ts";
import {
  type BudgetMetric,
  type BudgetPeriod,
  budgetMetricTitles,
  budgetPeriodTitles,
} from "./budget-words.ts";
import { formText } from "./form-text.ts";
import type { Problem } from "./problem.ts";

/** What stands in the form, as it was typed. */
export interface BudgetFormValues {
  /** Empty: the whole account. */
  accessKeyId: string;
  metric: BudgetMetric;
  period: BudgetPeriod;
  limit: string;
  hard: boolean;
}

/** Tokens, requests or cents. */
const MAX_LIMIT = 1_000_000_000_000;
/** A comma parts groups of three only: `12,50` is not taken for 1250. */
const WHOLE = String.raw`(\d+|\d{1,3}(?:[\s,_']\d{3})+)`;
const COUNT = new RegExp(`^${WHOLE}$`);
const MONEY = new RegExp(String.raw`^\$?\s?${WHOLE}(?:\.(\d{1,2}))?$`);

export const newBudgetValues: BudgetFormValues = {
  accessKeyId: "",
  metric: "tokens",
  period: "day",
  limit: "",
  hard: true,
};

/** A budget as the form that changes it begins with: money in dollars. */
export function budgetValues({ accessKeyId, metric, period, limit, hard }: Budget): BudgetFormValues {
  const text = metric === "cents" ? (limit / 100).toFixed(2) : String(limit);
  return { accessKeyId: accessKeyId ?? "", metric, period, limit: text, hard };
}

export function readBudgetForm(form: FormData): BudgetFormValues {
  const metric = formText(form, "metric");
  const period = formText(form, "period");
  return {
    accessKeyId: formText(form, "accessKeyId"),
    metric: Object.hasOwn(budgetMetricTitles, metric) ? (metric as BudgetMetric) : newBudgetValues.metric,
    period: Object.hasOwn(budgetPeriodTitles, period) ? (period as BudgetPeriod) : newBudgetValues.period,
    limit: formText(form, "limit"),
    hard: formText(form, "hard") !== "no",
  };
}

/**
 * The limit in tokens, requests or cents. Groups of three may be apart (`1,000,000`, `1 000 000`), and a dollar sign may
 * stand in front of money; parts of a cent, of a token or of a request are refused.
 */
export function budgetLimit({
  metric,
  limit,
}: Pick<BudgetFormValues, "metric" | "limit">):
  | { readonly limit: number; readonly problem: null }
  | { readonly limit: null; readonly problem: Problem } {
  const isMoney = metric === "cents";
  const parts = (isMoney ? MONEY : COUNT).exec(limit);
  if (!parts) {
    return refused(isMoney ? "Write dollars, e.g. 20 or 20.50." : "Write a whole number, e.g. 1,000,000.");
  }
  const whole = Number(parts[1]!.replace(/\D/g, ""));
  const value = isMoney ? whole * 100 + Number((parts[2] ?? "").padEnd(2, "0")) : whole;
  if (value < 1) return refused(isMoney ? "The least is $0.01." : "The least is 1.");
  if (value > MAX_LIMIT) return refused("That is more than can be counted: take less.");
  return { limit: value, problem: null };
}

function refused(message: string): { limit: null; problem: Problem } {
  return { limit: null, problem: { message, field: "limit" } };
}
