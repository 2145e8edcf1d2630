import type { BillingState } from "../../db/schema/index.ts";

/** Mails about a payment that is missing, in the order in which they fall due. */
export type PaymentNotice = "payment_failed" | "payment_reminder" | "grace_ending" | "service_paused";

const DAY_MS = 86_400_000;
/** Days after the first failure. */
const REMINDER_AFTER_DAYS = 3;

/**
 * Which mail belongs to this moment of an episode of non-payment. Earlier ones that were never sent (because nobody ran
 * for days) are not made up for: two mails in one minute help nobody.
 *
 * - at once: `payment_failed`
 * - after three days, when it is more than a day until the last warning: `payment_reminder`
 * - a day before the end, when the grace is two days or more: `grace_ending`
 * - from the end: `service_paused`
 *
 * @param since when the first payment failed
 */
export function noticeDue(episode: {
  now: Date;
  billingState: BillingState;
  since: Date;
  graceEndsAt: Date | null;
}): PaymentNotice {
  const { now, billingState, since, graceEndsAt } = episode;
  if (billingState === "unpaid") return "service_paused";
  if (graceEndsAt === null) return "payment_failed";
  const graceDays = (graceEndsAt.getTime() - since.getTime()) / DAY_MS;
  if (graceDays >= 2 && now.getTime() >= graceEndsAt.getTime() - DAY_MS) return "grace_ending";
  const isReminded = graceDays > REMINDER_AFTER_DAYS + 2;
  if (isReminded && now.getTime() >= since.getTime() + REMINDER_AFTER_DAYS * DAY_MS)
    return "payment_reminder";
  return "payment_failed";
}
