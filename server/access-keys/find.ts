import { sql } from "kysely";
import type { Db } from "../../db/client.ts";

/** What a request presented, and to which endpoint. */
export interface AccessKeyQuery {
  readonly tenantId: string;
  readonly endpointId: string;
  /** `hashSecret` of the whole key. */
  readonly secretHash: string;
}

/** Finds the live access key of this tenant that opens this endpoint; null when there is none. */
export async function findAccessKeyByHash(
  db: Db,
  query: AccessKeyQuery,
): Promise<{ accessKeyId: string; expiresAt: Date | null } | null> {
  const row = await db
    .selectFrom("access_keys")
    .select(["id", "expires_at"])
    .where("secret_hash", "=", query.secretHash)
    .where("tenant_id", "=", query.tenantId)
    .where((eb) => eb.or([eb("endpoint_id", "is", null), eb("endpoint_id", "=", query.endpointId)]))
    .where("revoked_at", "is", null)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", sql<Date>`now()`)]))
    .executeTakeFirst();
  return row ? { accessKeyId: row.id, expiresAt: row.expires_at } : null;
}

/** Notes when keys were last used. In batches and off the path; a later time never goes back. */
export async function touchAccessKeys(
  db: Db,
  uses: readonly { accessKeyId: string; usedAt: Date }[],
): Promise<void> {
  if (uses.length === 0) return;
  const ids = uses.map((use) => use.accessKeyId);
  const times = uses.map((use) => use.usedAt.toISOString());
  await sql`
    update access_keys set last_used_at = greatest(access_keys.last_used_at, used.at)
    from (
      select id, max(at) as at from unnest(${ids}::text[], ${times}::timestamptz[]) as given (id, at) group by id
    ) as used
    where access_keys.id = used.id`.execute(db);
}
