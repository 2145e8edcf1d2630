import { z } from "zod";
import { AccountFrame, aboutService } from "../components/account-frame.tsx";
import { Action, Paragraph } from "../components/text.tsx";

/** Sent when a custom domain stops being served, because the record that proves it is gone. */
export const DomainLapsed = z.object({
  kind: z.literal("domain_lapsed"),
  accountName: z.string(),
  host: z.string(),
  /** The TXT record that is missing. */
  recordName: z.string(),
  recordValue: z.string(),
  domainUrl: z.url(),
});
export type DomainLapsed = z.infer<typeof DomainLapsed>;

export const subject = ({ host }: DomainLapsed) => `${host} is not served any more`;

export function Template(mail: DomainLapsed) {
  const { accountName, host, recordName, recordValue, domainUrl } = mail;
  return (
    <AccountFrame
      why={aboutService}
      preview={`The TXT record ${recordName} is gone.`}
      title={subject(mail)}
      accountName={accountName}
    >
      <Paragraph>
        The TXT record {recordName}, which shows that {host} belongs to {accountName}, is gone. Its requests
        are answered with 404 since then; your other addresses are not affected.
      </Paragraph>
      <Paragraph>
        To serve it again, set the record to {recordValue}. It is looked for by itself for 30 days, and at
        once when you press “Check now”.
      </Paragraph>
      <Action href={domainUrl} label="Open the domain" />
    </AccountFrame>
  );
}
