import { z } from "zod";
import { AccountFrame, aboutMoney } from "../components/account-frame.tsx";
import { Action, Paragraph } from "../components/text.tsx";

/** Sent when the bank wants its customer to confirm a payment. */
export const PaymentActionRequired = z.object({
  kind: z.literal("payment_action_required"),
  accountName: z.string(),
  amount: z.string(),
  /** Stripe's page of the invoice, where the bank's question is asked. */
  invoiceUrl: z.url(),
});
export type PaymentActionRequired = z.infer<typeof PaymentActionRequired>;

export const subject = () => "Your bank asks you to confirm a payment";

export function Template({ accountName, amount, invoiceUrl }: PaymentActionRequired) {
  return (
    <AccountFrame
      why={aboutMoney}
      preview={`The payment of ${amount} waits for your confirmation.`}
      title="Your bank asks you to confirm a payment"
      accountName={accountName}
    >
      <Paragraph>
        The payment of {amount} for {accountName} waits until you confirm it with your bank.
      </Paragraph>
      <Action href={invoiceUrl} label="Confirm payment" />
    </AccountFrame>
  );
}
