import { z } from "zod";
import { AlreadyRegistered } from "./templates/already-registered.tsx";
import { BudgetAlert } from "./templates/budget-alert.tsx";
import { CertificateFailing } from "./templates/certificate-failing.tsx";
import { DomainLapsed } from "./templates/domain-lapsed.tsx";
import { GraceEnding } from "./templates/grace-ending.tsx";
import { PasswordChanged } from "./templates/password-changed.tsx";
import { PaymentActionRequired } from "./templates/payment-action-required.tsx";
import { PaymentFailed } from "./templates/payment-failed.tsx";
import { PaymentReminder } from "./templates/payment-reminder.tsx";
import { ResetPassword } from "./templates/reset-password.tsx";
import { ServiceBack } from "./templates/service-back.tsx";
import { ServicePaused } from "./templates/service-paused.tsx";
import { TrialEnding } from "./templates/trial-ending.tsx";
import { VerifyEmail } from "./templates/verify-email.tsx";

/** Every mail we send, as data. A new kind does not compile until `render.ts` knows its words. */
export const Mail = z.discriminatedUnion("kind", [
  VerifyEmail,
  ResetPassword,
  AlreadyRegistered,
  PasswordChanged,
  PaymentFailed,
  PaymentReminder,
  GraceEnding,
  ServicePaused,
  ServiceBack,
  PaymentActionRequired,
  TrialEnding,
  BudgetAlert,
  DomainLapsed,
  CertificateFailing,
]);
export type Mail = z.infer<typeof Mail>;

export { type RenderedMail, renderMail } from "./render.tsx";
