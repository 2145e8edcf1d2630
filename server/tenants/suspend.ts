import { sql } from "kysely";
import { type Db, inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { DomainError } from "../errors.ts";
import { notifyChange } from "../events.ts";
import { SuspendTenantInput, TenantIdInput } from "./schemas.ts";

/**
 * Stops every host of a tenant: relays answer 403 as soon as they hear of it. For operators; the tenant can still sign
 * in and read. Suspending again replaces the reason.
 *
 * @throws DomainError not_found/tenant_not_found
 */
export async function suspendTenant(
  deps: { db: Db; requestId: string },
  input: SuspendTenantInput,
): Promise<{ tenantId: string }> {
  const { tenantId, reason } = SuspendTenantInput.parse(input);
  return setSuspension(deps, tenantId, reason);
}

/** Ends a suspension. @throws DomainError not_found/tenant_not_found */
export async function resumeTenant(
  deps: { db: Db; requestId: string },
  input: TenantIdInput,
): Promise<{ tenantId: string }> {
  return setSuspension(deps, TenantIdInput.parse(input).tenantId, null);
}

async function setSuspension(
  deps: { db: Db; requestId: string },
  tenantId: string,
  reason: string | null,
): Promise<{ tenantId: string }> {
  return inTransaction(deps.db, async (tx) => {
    const changed = await tx
      .updateTable("tenant_settings")
      .set({ suspended_at: reason === null ? null : sql`now()`, suspended_reason: reason })
      .where("tenant_id", "=", tenantId)
      .returning("tenant_id")
      .executeTakeFirst();
    if (!changed) throw new DomainError("not_found", "tenant_not_found", "there is no such account");
    await recordAudit(
      tx,
      { tenantId, userId: null, requestId: deps.requestId },
      reason === null
        ? { action: "tenant.resume", subject: tenantId }
        : { action: "tenant.suspend", subject: tenantId, detail: { reason } },
    );
    await notifyChange(tx, { type: "tenant", tenantId });
    return { tenantId };
  });
}
