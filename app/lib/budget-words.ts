import type { Budget } from "./api-types.ts";
import { formatCount, formatDay, formatMoney, plural } from "./format.ts";

export type BudgetMetric = Budget["metric"];
export type BudgetPeriod = Budget["period"];

export const budgetMetricTitles: Record<BudgetMetric, string> = {
  tokens: "Tokens",
  requests: "Requests",
  cents: "Money",
};

export const budgetPeriodTitles: Record<BudgetPeriod, string> = {
  day: "Day (UTC)",
  month: "Billing period",
};

/** What is limited: `1 000 000 tokens a day`, `$20.00 in a billing period`. */
export function budgetTitle({ metric, period, limit }: Pick<Budget, "metric" | "period" | "limit">): string {
  return `${amount(metric, limit)} ${period === "day" ? "a day" : "in a billing period"}`;
}

/** Whose usage counts: `whole account`, `key "a consumer"`. */
export function budgetOwner({ accessKeyId, accessKeyName }: Budget): string {
  return accessKeyId === null ? "whole account" : `key “${accessKeyName ?? accessKeyId}”`;
}

/** `450 000 of 1 000 000 tokens`, `$3.00 of $20.00`. */
export function budgetUse({ metric, used, limit }: Budget): { used: string; of: string } {
  return { used: metric === "cents" ? formatMoney(used) : formatCount(used), of: amount(metric, limit) };
}

/** When it counts from nothing again. Days, and mostly billing periods, end at midnight UTC. */
export function budgetReset({ resetsAt }: Budget): string {
  return `${formatDay(resetsAt)}, ${new Date(resetsAt).toISOString().slice(11, 16)} UTC`;
}

function amount(metric: BudgetMetric, value: number): string {
  if (metric === "cents") return formatMoney(value);
  return plural(value, metric === "tokens" ? "token" : "request");
}
