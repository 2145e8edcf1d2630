import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import { type Permission, permissionsOfRole } from "../context.ts";
import { DomainError } from "../errors.ts";
import { hashSecret } from "../secrets.ts";

/** Who an API key stands for. */
export interface ApiKeyIdentity {
  readonly apiKeyId: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly permissions: readonly Permission[];
}

/**
 * Takes an API key for a caller. It can do what it was given and what its user may still do: a user who left the tenant
 * leaves keys that open nothing.
 *
 * @throws DomainError unauthorized/invalid_api_key
 */
export async function authenticateApiKey(db: Db, secret: string): Promise<ApiKeyIdentity> {
  const row = await db
    .updateTable("api_keys")
    .from("member")
    .set({ last_used_at: sql`now()` })
    .whereRef("member.organizationId", "=", "api_keys.tenant_id")
    .whereRef("member.userId", "=", "api_keys.user_id")
    .where("api_keys.secret_hash", "=", hashSecret(secret))
    .where("api_keys.revoked_at", "is", null)
    .returning([
      "api_keys.id",
      "api_keys.tenant_id",
      "api_keys.user_id",
      "api_keys.permissions",
      "member.role",
    ])
    .executeTakeFirst();
  if (!row) throw new DomainError("unauthorized", "invalid_api_key", "this API key is not valid");
  return {
    apiKeyId: row.id,
    tenantId: row.tenant_id,
    userId: row.user_id,
    permissions: intersect(row.permissions as Permission[], permissionsOfRole(row.role)),
  };
}

function intersect(given: readonly Permission[], allowed: readonly Permission[]): readonly Permission[] {
  if (given.includes("*")) return allowed;
  if (allowed.includes("*")) return given;
  return given.filter((permission) => allowed.includes(permission));
}
