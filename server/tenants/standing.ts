import type { Db } from "../../db/client.ts";
import type { BillingState } from "../../db/schema/index.ts";
import { DomainError } from "../errors.ts";

/**
 * Lets a tenant pass that is neither suspended nor unpaid, and says how it stands.
 * @throws DomainError forbidden/tenant_suspended, precondition/payment_required
 */
export async function requireGoodStanding(
  db: Db,
  tenantId: string,
): Promise<{ billing_state: BillingState; suspended_at: null }> {
  const row = await db
    .selectFrom("tenant_settings")
    .select(["billing_state", "suspended_at", "suspended_reason"])
    .where("tenant_id", "=", tenantId)
    .executeTakeFirstOrThrow();
  if (row.suspended_at) {
    const reason = row.suspended_reason ? `: ${row.suspended_reason}` : "";
    throw new DomainError("forbidden", "tenant_suspended", `this account is suspended${reason}`);
  }
  if (row.billing_state === "unpaid") {
    throw new DomainError(
      "precondition",
      "payment_required",
      "an invoice is unpaid: open billing in the portal",
    );
  }
  return { billing_state: row.billing_state, suspended_at: null };
}
