import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import { withTenantLock } from "./advisory-lock.ts";
import type { Billing } from "./billing.ts";
import type { InvoiceOutput } from "./schemas.ts";
import { toInvoiceRow } from "./sync/invoice-row.ts";
import { completeLines } from "./sync/read-invoices.ts";
import { storeInvoices } from "./sync/store.ts";
import { viewInvoice } from "./views.ts";

/** An invoice that may still change is read anew when it was last read longer ago, ms. */
const FRESH_MS = 30_000;

interface Deps {
  readonly billing: Billing;
  readonly log: { warn(fields: object, message: string): void };
}

/**
 * One invoice with its lines. A draft grows with every use and an open one may have been paid just now, so these are read
 * from Stripe first; when it does not answer, the invoice is shown as it was.
 *
 * @throws DomainError not_found/invoice_not_found
 */
export async function getInvoice(args: {
  ctx: RequestContext;
  deps: Deps;
  input: { id: string };
}): Promise<InvoiceOutput> {
  const { ctx, deps, input } = args;
  requirePermission(ctx, "billing:read");
  const known = await readRow(ctx, input.id);
  const mayChange = known.status === "draft" || known.status === "open";
  if (!mayChange || deps.billing.mode === "off") return viewInvoice(known);
  if (deps.billing.now().getTime() - known.synced_at.getTime() < FRESH_MS) return viewInvoice(known);
  try {
    await refresh(ctx, deps.billing, input.id);
  } catch (error) {
    const { tenantId, requestId } = ctx;
    deps.log.warn({ err: error, tenantId, requestId }, "invoice shown as it was: Stripe could not be asked");
    return viewInvoice(known);
  }
  return viewInvoice(await readRow(ctx, input.id));
}

async function readRow(ctx: RequestContext, id: string) {
  const row = await ctx.db
    .selectFrom("invoices")
    .selectAll()
    .where("tenant_id", "=", ctx.tenantId)
    .where("id", "=", id)
    .executeTakeFirst();
  if (!row) throw new DomainError("not_found", "invoice_not_found", "there is no such invoice");
  return row;
}

/** Under the lock, so that an older reading never overwrites a newer one. */
async function refresh(
  ctx: RequestContext,
  { stripe, catalog, now }: Exclude<Billing, { mode: "off" }>,
  id: string,
): Promise<void> {
  await withTenantLock(ctx.db, ctx.tenantId, async (db) => {
    const invoice = await stripe.invoices.retrieve(id);
    await completeLines(stripe, invoice);
    await storeInvoices(db, [await toInvoiceRow(invoice, { tenantId: ctx.tenantId, catalog, now: now() })]);
  });
}
