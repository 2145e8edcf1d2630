import type { Selectable } from "kysely";
import type { Stripe } from "stripe";
import type { Db } from "../../../db/client.ts";
import type { SubscriptionsTable } from "../../../db/schema/index.ts";
import { type AuditEntry, recordAudit } from "../../audit/index.ts";
import { type RequestContext, requirePermission } from "../../context.ts";
import { DomainError } from "../../errors.ts";
import { withTenantLock } from "../advisory-lock.ts";
import { type Billing, type BillingOn, requireBilling } from "../billing.ts";
import { ensureCustomer } from "../ensure-customer.ts";
import { findLiveSubscription } from "../find-subscription.ts";
import { placeOrder } from "../place-order.ts";
import type { SubscriptionOutput } from "../schemas.ts";
import { isMissing, toDomainError } from "../stripe-errors.ts";
import { type Synced, syncTenant } from "../sync/sync-customer.ts";
import { viewSubscription } from "../views.ts";

/** What verbs that ask Stripe need beside their caller. The context of a request has it. */
export interface BillingVerbDeps {
  readonly billing: Billing;
  readonly config: { readonly portalUrl: string };
}

export interface BillingArgs {
  readonly ctx: RequestContext;
  readonly deps: BillingVerbDeps;
}

/** One change of a tenant's money, with its lock held. */
export interface Mutation {
  /** The connection that holds the lock: what is written is there at once. */
  readonly db: Db;
  readonly billing: BillingOn;
  readonly stripe: Stripe;
  readonly portalUrl: string;
  readonly tenantId: string;
  readonly ctx: RequestContext;
  /** The tenant's customer, `cus_…`; made when there is none. */
  ensureCustomer(): Promise<string>;
  /** Asks once, whatever happens in between; see `placeOrder`. */
  order<T>(action: string, what: unknown, ask: (idempotencyKey: string) => Promise<T>): Promise<T>;
  audit(entry: AuditEntry): Promise<void>;
  /** Reads the truth from Stripe into our rows. */
  sync(): Promise<Synced>;
  /** Our row of the subscription that is not over, if there is one. */
  findSubscription(): Promise<Selectable<SubscriptionsTable> | null>;
  /** The same as callers see it. */
  viewSubscription(): Promise<SubscriptionOutput | null>;
  /**
   * The subscription that is not over, as Stripe has it now.
   * @throws DomainError precondition/no_subscription
   */
  readSubscription(): Promise<Stripe.Subscription>;
}

/**
 * Runs a change: permission, billing on, one at a time per tenant, Stripe's refusals as answers.
 * @throws DomainError forbidden/permission_missing, precondition/billing_off, precondition/payment_declined,
 *   unavailable/stripe_unavailable, limit/stripe_busy, and what the change itself throws
 */
export async function mutateBilling<T>(
  { ctx, deps }: BillingArgs,
  change: (mutation: Mutation) => Promise<T>,
): Promise<T> {
  requirePermission(ctx, "billing:write");
  const billing = requireBilling(deps.billing);
  const { portalUrl } = deps.config;
  try {
    return await withTenantLock(ctx.db, ctx.tenantId, (db) =>
      change(createMutation({ db, billing, portalUrl, ctx })),
    );
  } catch (error) {
    throw toDomainError(error);
  }
}

function createMutation(given: {
  db: Db;
  billing: BillingOn;
  portalUrl: string;
  ctx: RequestContext;
}): Mutation {
  const { db, billing, ctx } = given;
  const { stripe } = billing;
  const { tenantId, requestId } = ctx;
  const mutation: Mutation = {
    ...given,
    stripe,
    tenantId,
    ensureCustomer: () => ensureCustomer({ db, stripe }, tenantId),
    order: (action, what, ask) => placeOrder(db, { tenantId, action, what }, ask),
    audit: (entry) => db.transaction().execute((tx) => recordAudit(tx, ctx, entry)),
    sync: () => syncTenant({ db, billing, requestId }, tenantId),
    findSubscription: () => findLiveSubscription(db, tenantId),
    async viewSubscription() {
      const row = await findLiveSubscription(db, tenantId);
      return row ? viewSubscription(row) : null;
    },
    async readSubscription() {
      const row = await mutation.findSubscription();
      // It may have been bought a moment ago and no notice has come yet.
      if (!row) await mutation.sync();
      const id = row?.id ?? (await mutation.findSubscription())?.id;
      if (id === undefined) throw noSubscription();
      const subscription = await stripe.subscriptions.retrieve(id).catch((error: unknown) => {
        if (isMissing(error)) throw noSubscription();
        throw error;
      });
      if (subscription.status !== "canceled" && subscription.status !== "incomplete_expired")
        return subscription;
      await mutation.sync();
      throw noSubscription();
    },
  };
  return mutation;
}

function noSubscription(): DomainError {
  return new DomainError("precondition", "no_subscription", "there is no subscription: choose a plan first");
}
