import { render, toPlainText } from "@react-email/render";
import type { ReactElement } from "react";
import type { Mail } from "./index.ts";
import * as alreadyRegistered from "./templates/already-registered.tsx";
import * as budgetAlert from "./templates/budget-alert.tsx";
import * as certificateFailing from "./templates/certificate-failing.tsx";
import * as domainLapsed from "./templates/domain-lapsed.tsx";
import * as graceEnding from "./templates/grace-ending.tsx";
import * as passwordChanged from "./templates/password-changed.tsx";
import * as paymentActionRequired from "./templates/payment-action-required.tsx";
import * as paymentFailed from "./templates/payment-failed.tsx";
import * as paymentReminder from "./templates/payment-reminder.tsx";
import * as resetPassword from "./templates/reset-password.tsx";
import * as serviceBack from "./templates/service-back.tsx";
import * as servicePaused from "./templates/service-paused.tsx";
import * as trialEnding from "./templates/trial-ending.tsx";
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
    case "payment_failed":
      return { subject: paymentFailed.subject(), body: <paymentFailed.Template {...mail} /> };
    case "payment_reminder":
      return { subject: paymentReminder.subject(), body: <paymentReminder.Template {...mail} /> };
    case "grace_ending":
      return { subject: graceEnding.subject(mail), body: <graceEnding.Template {...mail} /> };
    case "service_paused":
      return { subject: servicePaused.subject(), body: <servicePaused.Template {...mail} /> };
    case "service_back":
      return { subject: serviceBack.subject(), body: <serviceBack.Template {...mail} /> };
    case "payment_action_required":
      return { subject: paymentActionRequired.subject(), body: <paymentActionRequired.Template {...mail} /> };
    case "trial_ending":
      return { subject: trialEnding.subject(mail), body: <trialEnding.Template {...mail} /> };
    case "budget_alert":
      return { subject: budgetAlert.subject(mail), body: <budgetAlert.Template {...mail} /> };
    case "domain_lapsed":
      return { subject: domainLapsed.subject(mail), body: <domainLapsed.Template {...mail} /> };
    case "certificate_failing":
      return { subject: certificateFailing.subject(mail), body: <certificateFailing.Template {...mail} /> };
  }
}
