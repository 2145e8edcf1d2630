import { inTransaction } from "../../db/client.ts";
import type { HubCaller } from "./authenticate.ts";
import { hubNotFound } from "./internal.ts";
import type { DisableInput, OkOutput } from "./schemas.ts";
import { wantOff } from "./want.ts";

/**
 * A hub switches itself off; it has stopped its tunnel before. Answers as soon as that is written down: the rest is done by the job.
 * @throws DomainError not_found/hub_not_found; conflict/hub_self_hosted
 */
export async function disableOwnHub(args: { caller: HubCaller; input: DisableInput }): Promise<OkOutput> {
  const { caller, input } = args;
  if (input.hub_id !== caller.hubId) throw hubNotFound();
  await inTransaction(caller.db, (tx) =>
    wantOff(tx, caller, {
      hubId: caller.hubId,
      deleteBucket: input.delete_bucket,
      retentionDays: input.retention_days,
    }),
  );
  return { ok: true };
}
