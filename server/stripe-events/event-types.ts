import { noteDeletedCustomer } from "./special/customers.ts";
import { noteDispute, noteRefund } from "./special/disputes.ts";
import { askForAuthentication, noteFinalization } from "./special/invoices.ts";
import { noteMeterErrors } from "./special/meter-errors.ts";
import { announceTrialEnd } from "./special/trials.ts";
import type { SpecialHandler } from "./special/types.ts";

/** What an event makes us do. */
interface EventMeaning {
  /** The customer is read anew. */
  readonly sync: boolean;
  readonly special?: SpecialHandler;
}

const sync: EventMeaning = { sync: true };
const syncThen = (special: SpecialHandler): EventMeaning => ({ sync: true, special });
const only = (special: SpecialHandler): EventMeaning => ({ sync: false, special });

/** Every type that means something to us; any other is stored, and that is all. */
const meanings: Readonly<Record<string, EventMeaning>> = {
  "checkout.session.completed": sync,
  "checkout.session.async_payment_succeeded": sync,
  "checkout.session.async_payment_failed": sync,
  "customer.subscription.created": sync,
  "customer.subscription.updated": sync,
  "customer.subscription.deleted": sync,
  "customer.subscription.paused": sync,
  "customer.subscription.resumed": sync,
  "customer.subscription.trial_will_end": syncThen(announceTrialEnd),
  "customer.subscription.pending_update_applied": sync,
  "customer.subscription.pending_update_expired": sync,
  "subscription_schedule.created": sync,
  "subscription_schedule.updated": sync,
  "subscription_schedule.released": sync,
  "subscription_schedule.canceled": sync,
  "subscription_schedule.completed": sync,
  "invoice.created": sync,
  "invoice.updated": sync,
  "invoice.finalized": syncThen(noteFinalization),
  "invoice.finalization_failed": syncThen(noteFinalization),
  "invoice.paid": syncThen(noteFinalization),
  "invoice.voided": syncThen(noteFinalization),
  "invoice.payment_failed": sync,
  "invoice.payment_action_required": syncThen(askForAuthentication),
  "invoice.marked_uncollectible": sync,
  "invoice.overdue": sync,
  "payment_method.attached": sync,
  "payment_method.detached": sync,
  "payment_method.updated": sync,
  "payment_method.automatically_updated": sync,
  "customer.updated": sync,
  "customer.deleted": syncThen(noteDeletedCustomer),
  "customer.discount.created": sync,
  "customer.discount.updated": sync,
  "customer.discount.deleted": sync,
  "charge.refunded": syncThen(noteRefund),
  "charge.dispute.created": only(noteDispute),
  "charge.dispute.updated": only(noteDispute),
  "charge.dispute.closed": only(noteDispute),
  "v1.billing.meter.error_report_triggered": only(noteMeterErrors),
  "v1.billing.meter.no_meter_found": only(noteMeterErrors),
};

/** null: unknown to us. */
export function meaningOf(type: string): EventMeaning | null {
  return Object.hasOwn(meanings, type) ? meanings[type]! : null;
}
