import { z } from "zod";
import { Frame } from "../components/frame.tsx";
import { Action, Paragraph } from "../components/text.tsx";

/** Sent after sign-up, and again when somebody signs in before following it. */
export const VerifyEmail = z.object({
  kind: z.literal("verify_email"),
  name: z.string(),
  url: z.url(),
  validHours: z.number().int().positive(),
});
export type VerifyEmail = z.infer<typeof VerifyEmail>;

export const subject = () => "Confirm your e-mail address";

export function Template({ name, url, validHours }: VerifyEmail) {
  return (
    <Frame
      preview="One click and your Hotspot account is ready."
      title="Confirm your e-mail address"
      reason="You get this mail because this address was used to sign up for Hotspot. If that was not you, ignore it: without the confirmation nothing happens."
    >
      <Paragraph>Hello {name},</Paragraph>
      <Paragraph>
        One click and your account is ready. Then choose a name, start the connector, and your machine has a
        public address.
      </Paragraph>
      <Action href={url} label="Confirm address" />
      <Paragraph quiet>
        The link works for {validHours} {validHours === 1 ? "hour" : "hours"}.
      </Paragraph>
    </Frame>
  );
}
