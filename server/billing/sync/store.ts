import type { Db, Tx } from "../../../db/client.ts";
import type { TaxIdSummary } from "../../../db/schema/index.ts";
import type { InvoiceRow } from "./invoice-row.ts";
import type { SubscriptionRow } from "./subscription-row.ts";

/** Overwrites rows with what was read. Callers hold the tenant's lock, so a later read is written later. */

export async function storeSubscriptions(tx: Tx, rows: readonly SubscriptionRow[]): Promise<void> {
  for (const row of rows) {
    const { id: _id, created_at: _created, ...changing } = row;
    await tx
      .insertInto("subscriptions")
      .values(row)
      .onConflict((conflict) => conflict.column("id").doUpdateSet(changing))
      .execute();
  }
}

export async function storeInvoices(db: Db, rows: readonly InvoiceRow[]): Promise<void> {
  for (const row of rows) {
    const { id: _id, created_at: _created, ...changing } = row;
    await db
      .insertInto("invoices")
      .values(row)
      .onConflict((conflict) => conflict.column("id").doUpdateSet(changing))
      .execute();
  }
}

export async function storeTaxIds(db: Db, tenantId: string, taxIds: readonly TaxIdSummary[]): Promise<void> {
  await db
    .updateTable("tenant_settings")
    .set({ tax_ids: JSON.stringify(taxIds) })
    .where("tenant_id", "=", tenantId)
    .execute();
}
