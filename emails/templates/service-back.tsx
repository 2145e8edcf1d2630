import { z } from "zod";
import { AccountFrame, aboutMoney } from "../components/account-frame.tsx";
import { Action, Paragraph } from "../components/text.tsx";

/** Sent when the endpoints of an account are served again. */
export const ServiceBack = z.object({
  kind: z.literal("service_back"),
  accountName: z.string(),
  /** Of the plan that counts now: `Free` when the subscription ended unpaid. */
  planTitle: z.string(),
  billingUrl: z.url(),
});
export type ServiceBack = z.infer<typeof ServiceBack>;

export const subject = () => "Your endpoints are back";

export function Template({ accountName, planTitle, billingUrl }: ServiceBack) {
  return (
    <AccountFrame
      why={aboutMoney}
      preview={`They are served again, on the ${planTitle} plan.`}
      title="Your endpoints are back"
      accountName={accountName}
    >
      <Paragraph>
        The endpoints of {accountName} are served again, on the {planTitle} plan. There is nothing left to do.
      </Paragraph>
      <Action href={billingUrl} label="Open billing" />
    </AccountFrame>
  );
}
