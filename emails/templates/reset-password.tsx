import { z } from "zod";
import { Frame } from "../components/frame.tsx";
import { Action, Paragraph } from "../components/text.tsx";

/** Sent when somebody asks for a new password of an address that has an account. */
export const ResetPassword = z.object({
  kind: z.literal("reset_password"),
  name: z.string(),
  url: z.url(),
  validHours: z.number().int().positive(),
});
export type ResetPassword = z.infer<typeof ResetPassword>;

export const subject = () => "Choose a new password";

export function Template({ name, url, validHours }: ResetPassword) {
  return (
    <Frame
      preview="Follow the link to choose a new Hotspot password."
      title="Choose a new password"
      reason="You get this mail because somebody asked for a new password for this address. If that was not you, ignore it: your password stays as it is."
    >
      <Paragraph>Hello {name},</Paragraph>
      <Paragraph>Follow the link to choose a new password. All devices will be signed out.</Paragraph>
      <Action href={url} label="Choose password" />
      <Paragraph quiet>
        The link works once, for {validHours} {validHours === 1 ? "hour" : "hours"}.
      </Paragraph>
    </Frame>
  );
}
