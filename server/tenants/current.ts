import { type RequestContext, requirePermission } from "../context.ts";
import { DomainError } from "../errors.ts";
import { planOf } from "../plans.ts";
import type { TenantOutput } from "./schemas.ts";

/** The tenant that the caller acts for, and the user in it. */
export async function getCurrentTenant(args: { ctx: RequestContext }): Promise<TenantOutput> {
  const { ctx } = args;
  requirePermission(ctx, "tenant:read");
  const row = await ctx.db
    .selectFrom("organization")
    .innerJoin("tenant_settings", "tenant_settings.tenant_id", "organization.id")
    .innerJoin("member", "member.organizationId", "organization.id")
    .innerJoin("user", "user.id", "member.userId")
    .select([
      "organization.id",
      "organization.name",
      "tenant_settings.plan",
      "tenant_settings.billing_state",
      "tenant_settings.grace_ends_at",
      "tenant_settings.suspended_at",
      "tenant_settings.suspended_reason",
      "member.role",
      "user.id as user_id",
      "user.name as user_name",
      "user.email",
    ])
    .where("organization.id", "=", ctx.tenantId)
    .where("user.id", "=", ctx.userId)
    .executeTakeFirst();
  if (!row) throw new DomainError("not_found", "tenant_not_found", "there is no such account");
  const {
    name: _name,
    title: _title,
    seatCents: _price,
    trialDays: _trial,
    metered: _metered,
    ...limits
  } = planOf(row.plan);
  return {
    id: row.id,
    name: row.name,
    plan: row.plan,
    billingState: row.billing_state,
    graceEndsAt: row.grace_ends_at?.toISOString() ?? null,
    suspended: row.suspended_at ? { reason: row.suspended_reason } : null,
    role: row.role,
    user: { id: row.user_id, name: row.user_name, email: row.email },
    limits,
  };
}
