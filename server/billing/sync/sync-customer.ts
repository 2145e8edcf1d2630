import type { Db } from "../../../db/client.ts";
import type { Standing } from "../../dunning/index.ts";
import { withTenantLock } from "../advisory-lock.ts";
import type { BillingOn } from "../billing.ts";
import { findLiveSubscription } from "../find-subscription.ts";
import { summarizeTaxId } from "../tax-id.ts";
import { applyStanding } from "./apply-standing.ts";
import { cancelExtra, chooseSubscription } from "./extras.ts";
import { type InvoiceRow, toInvoiceRow } from "./invoice-row.ts";
import { type CustomerTruth, readCustomer } from "./read-customer.ts";
import { storeInvoices, storeSubscriptions, storeTaxIds } from "./store.ts";
import { toSubscriptionRow } from "./subscription-row.ts";

export interface SyncDeps {
  readonly db: Db;
  readonly billing: BillingOn;
  /** Stands in the audit log beside what changed. */
  readonly requestId: string;
}

export interface Synced extends Standing {
  readonly tenantId: string;
  /** Whether plan or service changed by it. */
  readonly changed: boolean;
}

/** Invoices older than this change no more, unless they are open. */
const SETTLED_AFTER_MS = 90 * 86_400_000;

/**
 * Makes our rows say what Stripe says of a tenant: subscriptions, invoices, tax ids; then plan, service and license.
 * The truth is read, never taken from an event, so it may run at any time, in any order, and any number of times.
 *
 * @param id of a tenant or of a customer, `cus_…`
 * @returns null when the customer is none of ours
 * @throws Stripe's own errors; nothing was written then
 */
export async function syncCustomer(deps: SyncDeps, id: string): Promise<Synced | null> {
  const row = await deps.db
    .selectFrom("tenant_settings")
    .select("tenant_id")
    .where(id.startsWith("cus_") ? "stripe_customer_id" : "tenant_id", "=", id)
    .executeTakeFirst();
  if (!row) return null;
  return withTenantLock(deps.db, row.tenant_id, (db) => syncTenant({ ...deps, db }, row.tenant_id));
}

/** The same for whoever holds the tenant's lock, over its connection. */
export async function syncTenant(deps: SyncDeps, tenantId: string): Promise<Synced> {
  const { db } = deps;
  const { stripe_customer_id: customerId, invoices_synced_at: before } = await db
    .selectFrom("tenant_settings")
    .select(["stripe_customer_id", "invoices_synced_at"])
    .where("tenant_id", "=", tenantId)
    .executeTakeFirstOrThrow();
  const truth = customerId === null ? null : await readTruth(deps, { tenantId, customerId, before });
  return writeTruth(deps, tenantId, truth);
}

/** Reads, ends what is one too many, and then reads again. */
async function readTruth(
  { db, billing }: SyncDeps,
  { tenantId, customerId, before }: { tenantId: string; customerId: string; before: Date | null },
): Promise<CustomerTruth> {
  const { stripe } = billing;
  const since = before && new Date(before.getTime() - SETTLED_AFTER_MS);
  const alsoIds = await listUnsettledInvoices(db, tenantId);
  const read = () => readCustomer(stripe, customerId, { since, alsoIds });
  const truth = await read();
  const { kept, extras } = chooseSubscription(truth.subscriptions);
  if (!kept || extras.length === 0) return truth;
  for (const extra of extras) await cancelExtra({ db, stripe }, { tenantId, extra, kept });
  return read();
}

async function listUnsettledInvoices(db: Db, tenantId: string): Promise<string[]> {
  const rows = await db
    .selectFrom("invoices")
    .select("id")
    .where("tenant_id", "=", tenantId)
    .where("status", "in", ["draft", "open"])
    .execute();
  return rows.map(({ id }) => id);
}

async function writeTruth(deps: SyncDeps, tenantId: string, truth: CustomerTruth | null): Promise<Synced> {
  const { db, billing, requestId } = deps;
  const now = billing.now();
  // Prices of lines may have to be looked up: no transaction waits for that.
  const invoiceRows: InvoiceRow[] = [];
  for (const invoice of truth?.invoices ?? []) {
    invoiceRows.push(await toInvoiceRow(invoice, { tenantId, catalog: billing.catalog, now }));
  }
  return db.transaction().execute(async (tx) => {
    if (truth?.customer) {
      const { card: cardOfCustomer } = truth;
      await storeSubscriptions(
        tx,
        truth.subscriptions.map((read) =>
          toSubscriptionRow(read, { tenantId, invoices: truth.invoices, cardOfCustomer, now }),
        ),
      );
      await storeInvoices(tx, invoiceRows);
      await storeTaxIds(tx, tenantId, truth.taxIds.map(summarizeTaxId));
      await tx
        .updateTable("tenant_settings")
        .set({ invoices_synced_at: now })
        .where("tenant_id", "=", tenantId)
        .execute();
    } else if (truth) {
      await forgetCustomer(tx, tenantId, now);
    }
    const subscription = await findLiveSubscription(tx, tenantId);
    const standing = await applyStanding(tx, {
      tenantId,
      subscription,
      now,
      graceDays: billing.graceDays,
      requestId,
    });
    return { tenantId, ...standing };
  });
}

/** Somebody deleted the customer in Stripe's dashboard: its subscriptions ended with it, a new order makes a new one. */
async function forgetCustomer(tx: Db, tenantId: string, now: Date): Promise<void> {
  await tx
    .updateTable("subscriptions")
    .set({ status: "canceled", ended_at: now, canceled_at: now, synced_at: now })
    .where("tenant_id", "=", tenantId)
    .where("ended_at", "is", null)
    .execute();
  await tx
    .updateTable("tenant_settings")
    .set({ stripe_customer_id: null, tax_ids: "[]", invoices_synced_at: null })
    .where("tenant_id", "=", tenantId)
    .execute();
}
