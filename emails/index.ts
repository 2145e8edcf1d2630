import { z } from "zod";
import { AlreadyRegistered } from "./templates/already-registered.tsx";
import { PasswordChanged } from "./templates/password-changed.tsx";
import { ResetPassword } from "./templates/reset-password.tsx";
import { VerifyEmail } from "./templates/verify-email.tsx";

/** Every mail we send, as data. A new kind does not compile until `render.ts` knows its words. */
export const Mail = z.discriminatedUnion("kind", [
  VerifyEmail,
  ResetPassword,
  AlreadyRegistered,
  PasswordChanged,
]);
export type Mail = z.infer<typeof Mail>;

export { type RenderedMail, renderMail } from "./render.tsx";
