import { z } from "zod";
import { Frame } from "../components/frame.tsx";
import { Action, Paragraph } from "../components/text.tsx";

/** Sent instead of a confirmation when somebody signs up with an address that has an account already. */
export const AlreadyRegistered = z.object({
  kind: z.literal("already_registered"),
  name: z.string(),
  signInUrl: z.url(),
  resetUrl: z.url(),
});
export type AlreadyRegistered = z.infer<typeof AlreadyRegistered>;

export const subject = () => "You already have a Hotspot account";

export function Template({ name, signInUrl, resetUrl }: AlreadyRegistered) {
  return (
    <Frame
      preview="Somebody tried to sign up with your address."
      title="You already have an account"
      reason="You get this mail because somebody signed up for Hotspot with this address. If that was not you, there is nothing to do: your account is unchanged."
    >
      <Paragraph>Hello {name},</Paragraph>
      <Paragraph>
        Somebody, most likely you, has just signed up with this address. It has an account already, so just
        sign in.
      </Paragraph>
      <Action href={signInUrl} label="Sign in" />
      <Paragraph quiet>Forgotten the password? Choose a new one: {resetUrl}</Paragraph>
    </Frame>
  );
}
