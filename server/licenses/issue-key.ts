import { sql } from "kysely";
import { inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { type RequestContext, requirePermission } from "../context.ts";
import { createSecret, hashSecret, secretHint, secretPrefixes } from "../secrets.ts";
import { lockActiveLicense } from "./lock.ts";
import type { LicenseKeyOutput } from "./schemas.ts";

/**
 * Makes the key of the tenant's license; a key that was there before stops. Connectors that run keep their own tokens.
 * @throws DomainError forbidden/license_inactive
 */
export async function issueLicenseKey(args: { ctx: RequestContext }): Promise<LicenseKeyOutput> {
  const { ctx } = args;
  requirePermission(ctx, "license:write");
  return inTransaction(ctx.db, async (tx) => {
    const license = await lockActiveLicense(tx, ctx.tenantId);
    const licenseKey = createSecret(secretPrefixes.license);
    await tx
      .updateTable("licenses")
      .set({ key_hash: hashSecret(licenseKey), key_hint: secretHint(licenseKey), key_issued_at: sql`now()` })
      .where("id", "=", license.id)
      .where("tenant_id", "=", ctx.tenantId)
      .execute();
    await recordAudit(tx, ctx, { action: "license.issue_key", subject: license.id });
    return { licenseKey };
  });
}
