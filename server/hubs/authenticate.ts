import type { Db } from "../../db/client.ts";
import { DomainError } from "../errors.ts";
import { hashSecret } from "../secrets.ts";

/** The hub that shows its token, and what its verbs work on. */
export interface HubCaller {
  readonly tenantId: string;
  readonly hubId: string;
  readonly hubPk: string;
  readonly requestId: string;
  /** A hub is no user. */
  readonly userId: null;
  readonly db: Db;
}

/** @throws DomainError unauthorized/invalid_hub_token: none, unknown, replaced, or its hub was removed */
export async function authenticateHub(
  db: Db,
  { token, requestId }: { token: string | null; requestId: string },
): Promise<HubCaller> {
  const row =
    token === null
      ? undefined
      : await db
          .selectFrom("hubs")
          .select(["id", "tenant_id", "hub_id"])
          .where("token_hash", "=", hashSecret(token))
          .where("removed_at", "is", null)
          .executeTakeFirst();
  if (!row) {
    throw new DomainError(
      "unauthorized",
      "invalid_hub_token",
      "send the token of this hub as a bearer token",
    );
  }
  return { tenantId: row.tenant_id, hubId: row.hub_id, hubPk: row.id, requestId, userId: null, db };
}
