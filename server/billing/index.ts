export { type BillingDeps, ensureCustomer, ensureMissingCustomers } from "./ensure-customer.ts";
export { createStripeClient } from "./stripe.ts";
