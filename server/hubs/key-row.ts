import type { Tx } from "../../db/client.ts";
import { newId } from "../ids.ts";
import type { HubRow } from "./internal.ts";

/** Wishes for a key of the hub to its bucket; one wish at a time is enough. */
export async function wantKey(
  tx: Tx,
  hub: Pick<HubRow, "id" | "tenant_id">,
  bucketId: string,
): Promise<void> {
  const id = newId("hky");
  await tx
    .insertInto("hub_keys")
    .values({
      id,
      tenant_id: hub.tenant_id,
      hub_pk: hub.id,
      bucket_id: bucketId,
      token_name: `hotspot-${id}`,
    })
    .onConflict((conflict) => conflict.column("hub_pk").where("state", "=", "wanted").doNothing())
    .execute();
}
