import * as z from "zod";
import { bodyBoolean, bodyInteger, idInput, timestamp } from "../schemas.ts";

const metric = z
  .enum(["requests", "tokens", "cents"])
  .describe("What is limited; cents are US cents of metered usage, without seats and taxes");
const period = z.enum(["day", "month"]).describe("A day of UTC, or the billing period");

export const SetBudgetInput = z.object({
  accessKeyId: idInput.optional().describe("The whole account when left out"),
  metric,
  period,
  limit: bodyInteger
    .refine((value) => value >= 1 && value <= 1_000_000_000_000, "1 to 1,000,000,000,000")
    .describe("Whole requests, tokens or cents"),
  hard: bodyBoolean.describe("true: requests are refused at the limit; false: mails only"),
});
export type SetBudgetInput = z.infer<typeof SetBudgetInput>;

export const BudgetIdInput = z.object({ id: idInput });
export type BudgetIdInput = z.infer<typeof BudgetIdInput>;

export const BudgetSummary = z.object({
  id: z.string(),
  accessKeyId: z.string().nullable(),
  accessKeyName: z.string().nullable(),
  metric,
  period,
  limit: z.number(),
  hard: z.boolean(),
  used: z.number().describe("In the unit of the limit, rounded down"),
  periodStart: timestamp,
  resetsAt: timestamp,
});
export type BudgetSummary = z.infer<typeof BudgetSummary>;

export const ListBudgetsOutput = z.object({
  budgets: z.array(BudgetSummary),
  hasPrices: z.boolean().describe("false: the plan has no price for usage, so money cannot be limited"),
});
export type ListBudgetsOutput = z.infer<typeof ListBudgetsOutput>;

export const RemovedBudgetOutput = z.object({ id: z.string() });
