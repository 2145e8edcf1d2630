import type { Stripe } from "stripe";
import type { Db } from "../../db/client.ts";
import { DomainError } from "../errors.ts";
import { isMissing } from "./stripe-errors.ts";

export interface BillingDeps {
  readonly db: Db;
  readonly stripe: Stripe;
}

/**
 * Gives a tenant its customer in Stripe and remembers it. Safe to repeat at any time: a customer that exists is found
 * by our own column, then by its metadata, and two calls at once share one idempotency key.
 *
 * The customer is created with our id alone and named afterwards, because Stripe refuses an idempotency key that comes
 * again with other parameters, and a tenant may be renamed between two tries.
 *
 * @returns id of the customer, `cus_…`
 * @throws DomainError not_found/tenant_not_found; Stripe's own errors, after its retries
 * @see https://docs.stripe.com/api/idempotent_requests
 */
export async function ensureCustomer(deps: BillingDeps, tenantId: string): Promise<string> {
  const tenant = await getTenant(deps.db, tenantId);
  if (tenant.stripe_customer_id !== null) return tenant.stripe_customer_id;
  const found = await findCustomer(deps.stripe, tenantId);
  const customerId = await nameCustomer(deps.stripe, tenantId, {
    id: found ?? (await createCustomer(deps.stripe, tenantId)),
    name: tenant.name,
    ...(tenant.email === null ? {} : { email: tenant.email }),
  });
  await deps.db
    .updateTable("tenant_settings")
    .set({ stripe_customer_id: customerId })
    .where("tenant_id", "=", tenantId)
    .where("stripe_customer_id", "is", null)
    .execute();
  return customerId;
}

/**
 * Makes up for customers that could not be made at sign-up, oldest tenant first. For a job.
 * @returns how many were made; the first failure ends the round
 */
export async function ensureMissingCustomers(deps: BillingDeps, limit = 50): Promise<number> {
  const tenants = await deps.db
    .selectFrom("tenant_settings")
    .select("tenant_id")
    .where("stripe_customer_id", "is", null)
    .orderBy("created_at")
    .limit(limit)
    .execute();
  for (const { tenant_id } of tenants) await ensureCustomer(deps, tenant_id);
  return tenants.length;
}

async function getTenant(db: Db, tenantId: string) {
  const row = await db
    .selectFrom("tenant_settings")
    .innerJoin("organization", "organization.id", "tenant_settings.tenant_id")
    .leftJoin("member", (join) =>
      join.onRef("member.organizationId", "=", "organization.id").on("member.role", "=", "owner"),
    )
    .leftJoin("user", "user.id", "member.userId")
    .select(["tenant_settings.stripe_customer_id", "organization.name", "user.email"])
    .where("tenant_settings.tenant_id", "=", tenantId)
    .orderBy("member.createdAt")
    .executeTakeFirst();
  if (!row) throw new DomainError("not_found", "tenant_not_found", "there is no such account");
  return row;
}

/** Stripe forgets an idempotency key after a day; a customer from an older try is found by what we wrote on it. */
async function findCustomer(stripe: Stripe, tenantId: string): Promise<string | null> {
  const query = `metadata["tenant_id"]:"${tenantId.replace(/[^\w-]/g, "")}"`;
  const { data } = await stripe.customers.search({ query, limit: 1 });
  return data[0]?.id ?? null;
}

/** @returns the id of the customer that is there now */
async function nameCustomer(
  stripe: Stripe,
  tenantId: string,
  { id, ...about }: { id: string; name: string; email?: string },
): Promise<string> {
  try {
    await stripe.customers.update(id, about);
    return id;
  } catch (error) {
    if (!isMissing(error)) throw error;
    // Deleted at Stripe since, and the key of its creation still stands for it.
    return nameCustomer(stripe, tenantId, { id: await createCustomer(stripe, tenantId, id), ...about });
  }
}

/** @param after a customer that was made before and is gone */
async function createCustomer(stripe: Stripe, tenantId: string, after?: string): Promise<string> {
  const idempotencyKey = `hotspot-customer-${tenantId}${after ? `-after-${after}` : ""}`;
  const { id } = await stripe.customers.create({ metadata: { tenant_id: tenantId } }, { idempotencyKey });
  return id;
}
