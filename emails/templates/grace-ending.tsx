import { z } from "zod";
import { AccountFrame, aboutMoney } from "../components/account-frame.tsx";
import { Action, Paragraph } from "../components/text.tsx";
import { PaymentFailed } from "./payment-failed.tsx";

/** Sent one day before the endpoints of an account stop. */
export const GraceEnding = PaymentFailed.extend({ kind: z.literal("grace_ending") });
export type GraceEnding = z.infer<typeof GraceEnding>;

export const subject = ({ graceEndsOn }: GraceEnding) => `Your endpoints stop on ${graceEndsOn}`;

export function Template({ accountName, amount, graceEndsOn, billingUrl }: GraceEnding) {
  return (
    <AccountFrame
      why={aboutMoney}
      preview="One payment keeps them running."
      title={`Your endpoints stop on ${graceEndsOn}`}
      accountName={accountName}
    >
      <Paragraph>
        {amount === null ? "An invoice" : `An invoice of ${amount}`} for {accountName} is still open. If it is
        not paid by then, your endpoints answer with “402 Payment Required” until it is.
      </Paragraph>
      <Paragraph>Your data, names and keys stay as they are.</Paragraph>
      <Action href={billingUrl} label="Pay now" />
    </AccountFrame>
  );
}
