import { openIncident } from "../incidents.ts";
import type { SpecialHandler } from "./types.ts";

/**
 * Somebody deleted the customer in Stripe's dashboard; its subscriptions ended with it. The tenant is freed of it, so
 * that it can pay again with a new one.
 */
export const noteDeletedCustomer: SpecialHandler = async ({ db, stripe, log }, { object_id, tenantId }) => {
  const customer = await stripe.customers.retrieve(object_id);
  if (!customer.deleted) return;
  await openIncident(db, log, { tenantId, kind: "customer_deleted", objectId: object_id, detail: {} });
  await db
    .updateTable("tenant_settings")
    .set({ stripe_customer_id: null })
    .where("stripe_customer_id", "=", object_id)
    .execute();
};
