import { z } from "zod";
import { Frame } from "../components/frame.tsx";
import { Action, Paragraph } from "../components/text.tsx";

/** Sent after a password was reset, so that its owner hears of it if it was somebody else. */
export const PasswordChanged = z.object({
  kind: z.literal("password_changed"),
  name: z.string(),
  resetUrl: z.url(),
});
export type PasswordChanged = z.infer<typeof PasswordChanged>;

export const subject = () => "Your password was changed";

export function Template({ name, resetUrl }: PasswordChanged) {
  return (
    <Frame
      preview="The password of your Hotspot account was changed."
      title="Your password was changed"
      reason="You get this mail because the password of your Hotspot account was changed. We tell you every time."
    >
      <Paragraph>Hello {name},</Paragraph>
      <Paragraph>
        The password of your account was just changed, and all devices were signed out. If that was you, all
        is well.
      </Paragraph>
      <Paragraph>If it was not, choose a new password now:</Paragraph>
      <Action href={resetUrl} label="Choose a new password" />
    </Frame>
  );
}
