import { type Db, inTransaction } from "../../db/client.ts";
import { recordAudit } from "../audit/index.ts";
import { revokeConnectorsOf } from "./revoke.ts";

/** A connector token that a second program uses while the first still does. */
export interface TokenReuse {
  readonly connectorId: string;
  readonly tenantId: string;
  /** The link of the one that came: under this id the relay's log has more. */
  readonly linkId: string;
  /** Addresses of the one that was there and of the one that came. */
  readonly firstAddress: string;
  readonly secondAddress: string;
  readonly decision: "allow" | "kick" | "refuse";
}

/** Tells the tenant of it, in the audit log; a token that was kicked is revoked in the same transaction. */
export async function recordTokenReuse(db: Db, reuse: TokenReuse): Promise<void> {
  const { connectorId, tenantId, linkId, ...detail } = reuse;
  await inTransaction(db, async (tx) => {
    if (reuse.decision === "kick") await revokeConnectorsOf(tx, { tenantId, connectorId });
    await recordAudit(
      tx,
      { tenantId, userId: null, requestId: linkId },
      { action: "connector.token_reused", subject: connectorId, detail },
    );
  });
}
