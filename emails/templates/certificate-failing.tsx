import { z } from "zod";
import { AccountFrame, aboutService } from "../components/account-frame.tsx";
import { Action, Paragraph } from "../components/text.tsx";

/** Sent when the certificate of a custom domain could not be renewed several times in a row. */
export const CertificateFailing = z.object({
  kind: z.literal("certificate_failing"),
  accountName: z.string(),
  host: z.string(),
  /** The last day of the present one, in words. */
  endsOn: z.string(),
  hasEnded: z.boolean(),
  /** What the last try came to, in the words of the CA. */
  error: z.string(),
  domainUrl: z.url(),
});
export type CertificateFailing = z.infer<typeof CertificateFailing>;

export const subject = ({ host, hasEnded, endsOn }: CertificateFailing) =>
  hasEnded ? `The certificate of ${host} has ended` : `The certificate of ${host} ends on ${endsOn}`;

export function Template(mail: CertificateFailing) {
  const { accountName, host, endsOn, hasEnded, error, domainUrl } = mail;
  return (
    <AccountFrame
      why={aboutService}
      preview="It could not be renewed."
      title={subject(mail)}
      accountName={accountName}
    >
      <Paragraph>
        The certificate of {host}, a domain of {accountName}, could not be renewed.{" "}
        {hasEnded
          ? `It ended on ${endsOn}: browsers refuse to open the address.`
          : `It serves until ${endsOn}; after that browsers refuse to open the address.`}
      </Paragraph>
      <Paragraph>The last try: {error}</Paragraph>
      <Paragraph>
        It is tried again by itself. What most often helps: the name leads here without a proxy in between,
        and no CAA record forbids the certificate authority.
      </Paragraph>
      <Action href={domainUrl} label="Open the domain" />
    </AccountFrame>
  );
}
