import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import type { Billing } from "./billing.ts";
import { findLiveSubscription } from "./find-subscription.ts";
import type { BillingOutput } from "./schemas.ts";
import { countSeatsUsed } from "./seats.ts";
import { isTrialAvailable } from "./trial.ts";
import { viewPlan, viewSubscription } from "./views.ts";

/**
 * How the tenant stands: from our own rows, so that it answers while Stripe does not.
 * @throws DomainError not_found/tenant_not_found
 */
export async function getBilling(args: { ctx: RequestContext; billing: Billing }): Promise<BillingOutput> {
  const { ctx, billing } = args;
  requirePermission(ctx, "billing:read");
  const settings = await ctx.db
    .selectFrom("tenant_settings")
    .select(["plan", "plan_source", "billing_state", "grace_ends_at", "tax_ids"])
    .where("tenant_id", "=", ctx.tenantId)
    .executeTakeFirst();
  if (!settings) throw new DomainError("not_found", "tenant_not_found", "there is no such account");
  const subscription = await findLiveSubscription(ctx.db, ctx.tenantId);
  return {
    mode: billing.mode,
    catalog: billing.mode === "off" ? "failed" : billing.catalog.state,
    plan: settings.plan,
    planSource: settings.plan_source,
    billingState: settings.billing_state,
    graceEndsAt: settings.grace_ends_at?.toISOString() ?? null,
    subscription: subscription ? viewSubscription(subscription) : null,
    trialAvailable: await isTrialAvailable(ctx.db, ctx.tenantId),
    seatsUsed: await countSeatsUsed(ctx.db, ctx.tenantId),
    plans: [viewPlan("free"), viewPlan("pro"), viewPlan("team")],
    taxIds: settings.tax_ids,
    openInvoice: await findOpenInvoice(ctx.db, ctx.tenantId),
    canManage: ctx.permissions.includes("*") || ctx.permissions.includes("billing:write"),
  };
}

/** The invoice that waits for money, the oldest first: that is the one that service hangs on. */
async function findOpenInvoice(db: Db, tenantId: string): Promise<BillingOutput["openInvoice"]> {
  const row = await db
    .selectFrom("invoices")
    .select(["id", "amount_due_cents", "amount_paid_cents", "hosted_invoice_url"])
    .where("tenant_id", "=", tenantId)
    .where("status", "=", "open")
    .where(sql<boolean>`amount_due_cents > 0`)
    .orderBy("created_at")
    .executeTakeFirst();
  if (!row) return null;
  return {
    id: row.id,
    amountDueCents: row.amount_due_cents - row.amount_paid_cents,
    hostedInvoiceUrl: row.hosted_invoice_url,
  };
}
