import { z } from "zod";
import { AccountFrame, aboutMoney } from "../components/account-frame.tsx";
import { Action, Paragraph } from "../components/text.tsx";

/** Sent when a budget is half used, nearly used and used up. */
export const BudgetAlert = z.object({
  kind: z.literal("budget_alert"),
  accountName: z.string(),
  threshold: z.union([z.literal(50), z.literal(80), z.literal(100)]),
  /** e.g. `the token budget of key "ci"`. */
  budget: z.string(),
  /** With its unit, e.g. `812,400 tokens`. */
  used: z.string(),
  limit: z.string(),
  /** Requests are refused at the limit. */
  hard: z.boolean(),
  /** When it starts anew, in words. */
  resetsOn: z.string(),
  budgetsUrl: z.url(),
});
export type BudgetAlert = z.infer<typeof BudgetAlert>;

export const subject = ({ threshold, budget }: BudgetAlert) =>
  threshold === 100 ? `Used up: ${budget}` : `${threshold} % used: ${budget}`;

export function Template(mail: BudgetAlert) {
  const { accountName, threshold, budget, used, limit, hard, resetsOn, budgetsUrl } = mail;
  return (
    <AccountFrame
      why={aboutMoney}
      preview={`${used} of ${limit}.`}
      title={subject(mail)}
      accountName={accountName}
    >
      <Paragraph>
        {capitalized(budget)} of {accountName} stands at {used} of {limit}.
      </Paragraph>
      <Paragraph>{consequence(threshold, hard, resetsOn)}</Paragraph>
      <Action href={budgetsUrl} label="Open budgets" />
    </AccountFrame>
  );
}

function consequence(threshold: number, hard: boolean, resetsOn: string): string {
  if (!hard) return `It is for your information only: requests go on. It starts anew on ${resetsOn}.`;
  if (threshold < 100) return `At the limit requests are refused until ${resetsOn}, or until you raise it.`;
  return `Requests are refused now, until ${resetsOn} or until you raise the limit.`;
}

function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
