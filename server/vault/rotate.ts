import type { Db } from "../../db/client.ts";
import { DomainError } from "../errors.ts";
import { enqueue } from "../jobs/index.ts";
import type { KeyService } from "./key-service.ts";
import { upkeepKind } from "./task-kind.ts";
import { rotateTenantKey } from "./tenant-keys.ts";

/**
 * Replaces the keys of all tenants that have one, or of one, and asks the portals to seal their records anew. Gives how many.
 *
 * @throws DomainError not_found when that tenant has none
 */
export async function rotateVault(db: Db, keys: KeyService, tenantId?: string): Promise<number> {
  const rows = await db
    .selectFrom("tenant_keys")
    .select("tenant_id")
    .where("retired_at", "is", null)
    .$if(tenantId !== undefined, (query) => query.where("tenant_id", "=", tenantId!))
    .execute();
  if (tenantId !== undefined && rows.length === 0) {
    throw new DomainError("not_found", "tenant_key_not_found", `the tenant ${tenantId} has nothing sealed`);
  }
  for (const { tenant_id } of rows) await rotateTenantKey(db, keys, tenant_id);
  if (rows.length > 0) await enqueue(db, upkeepKind, {}, { key: upkeepKind.name });
  return rows.length;
}
