export { type Billing, type BillingMode, billingOff, createBilling, requireBilling } from "./billing.ts";
export { ensureCustomer, ensureMissingCustomers } from "./ensure-customer.ts";
export { getBilling } from "./get-billing.ts";
export { getInvoice, listInvoices } from "./invoices.ts";
export { keepCatalogReady } from "./provision/keep-ready.ts";
export { createStripeClient } from "./stripe.ts";
export { applyStanding } from "./sync/apply-standing.ts";
export { type SyncDeps, type Synced, syncCustomer } from "./sync/sync-customer.ts";
