import type { Selectable } from "kysely";
import type { InvoicesTable, PlanName, SubscriptionsTable } from "../../db/schema/index.ts";
import { planOf } from "../plans.ts";
import type { InvoiceOutput, InvoiceSummary, PlanOutput, SubscriptionOutput } from "./schemas.ts";

/** Rows as callers see them. */

const iso = (date: Date | null) => date?.toISOString() ?? null;

export function viewSubscription(row: Selectable<SubscriptionsTable>): SubscriptionOutput {
  return {
    id: row.id,
    status: row.status,
    plan: row.plan,
    seats: row.seats,
    periodStart: row.current_period_start.toISOString(),
    periodEnd: row.current_period_end.toISOString(),
    cancelAt: iso(row.cancel_at),
    trialEnd: iso(row.trial_end),
    scheduledPlan: row.scheduled_plan,
    scheduledSeats: row.scheduled_seats,
    pastDueSince: iso(row.past_due_since),
    nextPaymentAttempt: iso(row.next_payment_attempt),
    paymentMethod: row.payment_method,
    discount: row.discount,
  };
}

export function viewInvoiceSummary(row: Selectable<InvoicesTable>): InvoiceSummary {
  return {
    id: row.id,
    number: row.number,
    status: row.status,
    currency: row.currency,
    totalCents: row.total_cents,
    amountDueCents: row.amount_due_cents,
    amountPaidCents: row.amount_paid_cents,
    periodStart: row.period_start.toISOString(),
    periodEnd: row.period_end.toISOString(),
    createdAt: row.created_at.toISOString(),
    paidAt: iso(row.paid_at),
    nextPaymentAttempt: iso(row.next_payment_attempt),
    hostedInvoiceUrl: row.hosted_invoice_url,
    invoicePdf: row.invoice_pdf,
  };
}

export function viewInvoice(row: Selectable<InvoicesTable>): InvoiceOutput {
  return {
    ...viewInvoiceSummary(row),
    subtotalCents: row.subtotal_cents,
    taxCents: row.tax_cents,
    lines: row.lines,
  };
}

export function viewPlan(name: PlanName): PlanOutput {
  const { title, seatCents, maxSeats, trialDays, metered, ...limits } = planOf(name);
  const { name: _name, ...rest } = limits;
  return { name, title, seatCents, maxSeats, trialDays, metered, limits: rest };
}
