import { z } from "zod";
import { AccountFrame, aboutMoney } from "../components/account-frame.tsx";
import { Action, Paragraph } from "../components/text.tsx";

/** Sent some days before a trial turns into a paid subscription. */
export const TrialEnding = z.object({
  kind: z.literal("trial_ending"),
  accountName: z.string(),
  planTitle: z.string(),
  /** A day in words. */
  endsOn: z.string(),
  /** Whether there is a card to charge; without one the endpoints stop. */
  hasPaymentMethod: z.boolean(),
  billingUrl: z.url(),
});
export type TrialEnding = z.infer<typeof TrialEnding>;

export const subject = ({ endsOn }: TrialEnding) => `Your trial ends on ${endsOn}`;

export function Template({ accountName, planTitle, endsOn, hasPaymentMethod, billingUrl }: TrialEnding) {
  return (
    <AccountFrame
      why={aboutMoney}
      preview={
        hasPaymentMethod ? "There is nothing to do if you want to stay." : "Add a payment method to stay."
      }
      title={`Your trial ends on ${endsOn}`}
      accountName={accountName}
    >
      <Paragraph>
        The trial of the {planTitle} plan for {accountName} ends on {endsOn}.
      </Paragraph>
      <Paragraph>
        {hasPaymentMethod
          ? "If you want to stay there is nothing to do: your payment method is charged then. If not, cancel before and pay nothing."
          : "There is no payment method yet: add one, or your endpoints stop that day."}
      </Paragraph>
      <Action href={billingUrl} label="Open billing" />
    </AccountFrame>
  );
}
