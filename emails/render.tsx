import { render, toPlainText } from "@react-email/render";
import type { ReactElement } from "react";
import type { Mail } from "./index.ts";
import * as alreadyRegistered from "./templates/already-registered.tsx";
import * as passwordChanged from "./templates/password-changed.tsx";
import * as resetPassword from "./templates/reset-password.tsx";
import * as verifyEmail from "./templates/verify-email.tsx";

export interface RenderedMail {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

/** Turns a mail into subject, HTML and plain text. Values are escaped by React; the text part has the same links. */
export async function renderMail(mail: Mail): Promise<RenderedMail> {
  const { subject, body } = pick(mail);
  const html = await render(body);
  return { subject, html, text: toPlainText(html) };
}

function pick(mail: Mail): { subject: string; body: ReactElement } {
  switch (mail.kind) {
    case "verify_email":
      return { subject: verifyEmail.subject(), body: <verifyEmail.Template {...mail} /> };
    case "reset_password":
      return { subject: resetPassword.subject(), body: <resetPassword.Template {...mail} /> };
    case "already_registered":
      return { subject: alreadyRegistered.subject(), body: <alreadyRegistered.Template {...mail} /> };
    case "password_changed":
      return { subject: passwordChanged.subject(), body: <passwordChanged.Template {...mail} /> };
  }
}
