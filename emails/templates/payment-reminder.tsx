import { z } from "zod";
import { AccountFrame, aboutMoney } from "../components/account-frame.tsx";
import { Action, Paragraph } from "../components/text.tsx";
import { PaymentFailed } from "./payment-failed.tsx";

/** Sent some days after a payment failed, when it still is missing. */
export const PaymentReminder = PaymentFailed.extend({ kind: z.literal("payment_reminder") });
export type PaymentReminder = z.infer<typeof PaymentReminder>;

export const subject = () => "Reminder: a payment is still open";

export function Template({ accountName, amount, graceEndsOn, billingUrl }: PaymentReminder) {
  return (
    <AccountFrame
      why={aboutMoney}
      preview={`Your endpoints are served until ${graceEndsOn}.`}
      title="A payment is still open"
      accountName={accountName}
    >
      <Paragraph>
        {amount === null ? "An invoice" : `An invoice of ${amount}`} for {accountName} is not paid yet. Your
        endpoints are served until {graceEndsOn}.
      </Paragraph>
      <Action href={billingUrl} label="Open billing" />
    </AccountFrame>
  );
}
