import type { Tx } from "../../db/client.ts";
import { notifyChange } from "../events.ts";

/** Writes into the domain of this name, if it is one, how the order for its certificate ended. */
export async function noteCertificate(
  tx: Tx,
  host: string,
  outcome: { issued: true } | { issued: false; error: string },
): Promise<void> {
  const row = await tx
    .updateTable("custom_domains")
    .set(
      outcome.issued
        ? { state: "active", reason: null }
        : { state: "failed", reason: `No certificate yet: ${outcome.error}` },
    )
    .where("host", "=", host)
    .where("held_since", "is not", null)
    .where("state", "in", ["issuing", "failed", "active"])
    .returning(["endpoint_id", "tenant_id"])
    .executeTakeFirst();
  if (!row) return;
  const { slug } = await tx
    .selectFrom("endpoints")
    .select("slug")
    .where("id", "=", row.endpoint_id)
    .executeTakeFirstOrThrow();
  const { endpoint_id: endpointId, tenant_id: tenantId } = row;
  await notifyChange(tx, { type: "endpoint", endpointId, slug, tenantId, host });
}
