import type { Generated } from "kysely";

/** A key of a tenant's, itself sealed. Without its row nothing that it sealed can be read again. */
export interface TenantKeysTable {
  id: string;
  tenant_id: string;
  /** By the master key `master_key_id`, bound to tenant and id. */
  wrapped_key: string;
  master_key_id: string;
  created_at: Generated<Date>;
  /** Another one seals now; this one only opens, until nothing needs it. */
  retired_at: Date | null;
}
