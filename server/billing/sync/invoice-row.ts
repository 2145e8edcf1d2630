import type { Insertable } from "kysely";
import type { Stripe } from "stripe";
import type { InvoiceLine, InvoicesTable } from "../../../db/schema/index.ts";
import type { Catalog } from "../catalog.ts";
import { subscriptionOfInvoice } from "./subscription-row.ts";
import { dateOf, dateOrNull, idOf } from "./times.ts";

export type InvoiceRow = Insertable<InvoicesTable>;

/** An invoice as we keep it. Amounts are what Stripe says, in cents. */
export async function toInvoiceRow(
  invoice: Stripe.Invoice,
  { tenantId, catalog, now }: { tenantId: string; catalog: Catalog; now: Date },
): Promise<InvoiceRow> {
  const lines: InvoiceLine[] = [];
  for (const line of invoice.lines.data) lines.push(await toLine(line, catalog));
  const taxCents = (invoice.total_taxes ?? []).reduce(
    (sum, tax) => (tax.tax_behavior === "inclusive" ? sum : sum + tax.amount),
    0,
  );
  return {
    id: invoice.id!,
    tenant_id: tenantId,
    subscription_id: subscriptionOfInvoice(invoice),
    number: invoice.number,
    status: invoice.status ?? "draft",
    currency: invoice.currency,
    subtotal_cents: invoice.subtotal,
    tax_cents: taxCents,
    total_cents: invoice.total,
    amount_due_cents: invoice.amount_due,
    amount_paid_cents: invoice.amount_paid,
    period_start: dateOf(invoice.period_start),
    period_end: dateOf(invoice.period_end),
    attempt_count: invoice.attempt_count,
    next_payment_attempt: dateOrNull(invoice.next_payment_attempt),
    hosted_invoice_url: invoice.hosted_invoice_url ?? null,
    invoice_pdf: invoice.invoice_pdf ?? null,
    lines: JSON.stringify(lines),
    created_at: dateOf(invoice.created),
    finalized_at: dateOrNull(invoice.status_transitions.finalized_at),
    paid_at: dateOrNull(invoice.status_transitions.paid_at),
    synced_at: now,
  };
}

async function toLine(line: Stripe.InvoiceLineItem, catalog: Catalog): Promise<InvoiceLine> {
  const price = idOf(line.pricing?.price_details?.price);
  const item = price === null ? null : await catalog.itemOf(price);
  return {
    id: line.id,
    description: line.description ?? "",
    meter: item === null || item.item === "seat" ? null : item.item,
    quantity: line.quantity,
    amountCents: line.amount,
    periodStart: dateOf(line.period.start).toISOString(),
    periodEnd: dateOf(line.period.end).toISOString(),
  };
}
