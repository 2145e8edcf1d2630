import type { Stripe } from "stripe";

/**
 * Reads a customer's invoices with all of their lines.
 *
 * @param since of invoices made before, only those of `alsoIds` are read; null reads all of them
 * @param alsoIds invoices that may still change: drafts and open ones, however old
 */
export async function readInvoices(
  stripe: Stripe,
  customerId: string,
  { since, alsoIds }: { readonly since: Date | null; readonly alsoIds: readonly string[] },
): Promise<Stripe.Invoice[]> {
  const invoices: Stripe.Invoice[] = [];
  const list = stripe.invoices.list({
    customer: customerId,
    limit: 100,
    ...(since === null ? {} : { created: { gte: Math.floor(since.getTime() / 1000) } }),
  });
  for await (const invoice of list) invoices.push(invoice);
  const read = new Set(invoices.map(({ id }) => id));
  for (const id of alsoIds) if (!read.has(id)) invoices.push(await stripe.invoices.retrieve(id));
  for (const invoice of invoices) await completeLines(stripe, invoice);
  return invoices;
}

/** An invoice brings its first lines only; the rest is asked for. */
export async function completeLines(stripe: Stripe, invoice: Stripe.Invoice): Promise<void> {
  if (!invoice.lines.has_more) return;
  const lines: Stripe.InvoiceLineItem[] = [];
  for await (const line of stripe.invoices.listLineItems(invoice.id!, { limit: 100 })) lines.push(line);
  invoice.lines.data = lines;
  invoice.lines.has_more = false;
}
