import { z } from "zod";
import { AccountFrame, aboutMoney } from "../components/account-frame.tsx";
import { Action, Paragraph } from "../components/text.tsx";

/** Sent when a payment failed for the first time. */
export const PaymentFailed = z.object({
  kind: z.literal("payment_failed"),
  accountName: z.string(),
  /** With its currency, e.g. `$19.00`; null when there is no open invoice. */
  amount: z.string().nullable(),
  /** A day in words: from then on nothing is served. */
  graceEndsOn: z.string(),
  billingUrl: z.url(),
});
export type PaymentFailed = z.infer<typeof PaymentFailed>;

export const subject = () => "Your payment did not go through";

export function Template({ accountName, amount, graceEndsOn, billingUrl }: PaymentFailed) {
  return (
    <AccountFrame
      why={aboutMoney}
      preview={`Please check your payment method before ${graceEndsOn}.`}
      title="Your payment did not go through"
      accountName={accountName}
    >
      <Paragraph>
        {amount === null ? "A payment" : `A payment of ${amount}`} for {accountName} was declined. This
        happens, for example when a card has expired.
      </Paragraph>
      <Paragraph>
        Nothing has changed for now: your endpoints are served until {graceEndsOn}. Please check your payment
        method by then.
      </Paragraph>
      <Action href={billingUrl} label="Open billing" />
    </AccountFrame>
  );
}
