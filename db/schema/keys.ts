import type { Generated } from "kysely";

/** `hs_key_…`: what a consumer of an endpoint sends. */
export interface AccessKeysTable {
  id: string;
  tenant_id: string;
  /** null: good for every endpoint of the tenant. */
  endpoint_id: string | null;
  name: string;
  secret_hash: string;
  hint: string;
  created_at: Generated<Date>;
  last_used_at: Date | null;
  revoked_at: Date | null;
  expires_at: Date | null;
}

/** `hs_api_…`: manages the tenant over REST. */
export interface ApiKeysTable {
  id: string;
  tenant_id: string;
  user_id: string;
  name: string;
  secret_hash: string;
  hint: string;
  permissions: string[];
  created_at: Generated<Date>;
  last_used_at: Date | null;
  revoked_at: Date | null;
}
