import { z } from "zod";
import { AccountFrame, aboutMoney } from "../components/account-frame.tsx";
import { Action, Paragraph } from "../components/text.tsx";

/** Sent when the endpoints of an account were stopped because nothing was paid. */
export const ServicePaused = z.object({
  kind: z.literal("service_paused"),
  accountName: z.string(),
  amount: z.string().nullable(),
  billingUrl: z.url(),
});
export type ServicePaused = z.infer<typeof ServicePaused>;

export const subject = () => "Your endpoints are paused";

export function Template({ accountName, amount, billingUrl }: ServicePaused) {
  return (
    <AccountFrame
      why={aboutMoney}
      preview="They are back seconds after the payment."
      title="Your endpoints are paused"
      accountName={accountName}
    >
      <Paragraph>
        {amount === null ? "A payment" : `An invoice of ${amount}`} for {accountName} is still missing, so
        your endpoints answer with “402 Payment Required” now.
      </Paragraph>
      <Paragraph>
        They are back a few seconds after the payment. Your data, names and keys stay as they are.
      </Paragraph>
      <Action href={billingUrl} label="Pay now" />
    </AccountFrame>
  );
}
