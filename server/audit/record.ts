import type { Tx } from "../../db/client.ts";
import type { RequestContext } from "../context.ts";
import { newId } from "../ids.ts";

export interface AuditEntry {
  /** `<thing>.<verb>`, e.g. `endpoint.rotate_token`. */
  readonly action: string;
  /** Id or name of what was acted on. */
  readonly subject: string;
  /** Plain values for a person who reads the log later; never a secret. */
  readonly detail?: Record<string, unknown>;
}

/** Writes who did what, in the transaction that does it: either both are there or neither. */
export async function recordAudit(
  tx: Tx,
  ctx: Pick<RequestContext, "tenantId" | "userId" | "requestId">,
  entry: AuditEntry,
): Promise<void> {
  await tx
    .insertInto("audit_log")
    .values({
      id: newId("aud"),
      tenant_id: ctx.tenantId,
      user_id: ctx.userId,
      action: entry.action,
      subject: entry.subject,
      detail: JSON.stringify(entry.detail ?? {}),
      request_id: ctx.requestId,
    })
    .execute();
}
