import { randomBytes } from "node:crypto";
import type { Tx } from "../../db/client.ts";
import { DomainError } from "../errors.ts";
import { newId } from "../ids.ts";
import type { HubBucketRow, HubRow } from "./internal.ts";
import type { ManagedCloudflare } from "./managed-cloudflare.ts";

/**
 * The bucket of the tenant that a hub is to use: the one that lives (taken back when it was only kept for a while), or a new one,
 * whose name was never used before. The tenant's license is locked, so two hubs of it do not race.
 *
 * @throws DomainError conflict/bucket_emptying with `retryAfterSeconds`: the last one is being deleted
 */
export async function takeBucket(
  tx: Tx,
  hub: Pick<HubRow, "tenant_id">,
  cloudflare: ManagedCloudflare,
): Promise<HubBucketRow> {
  const live = await tx
    .selectFrom("hub_buckets")
    .selectAll()
    .where("tenant_id", "=", hub.tenant_id)
    .where("state", "!=", "deleted")
    .forUpdate()
    .executeTakeFirst();
  if (live?.state === "emptying") {
    const message = "the earlier backups are being deleted: try again in a minute";
    throw new DomainError("conflict", "bucket_emptying", message, { retryAfterSeconds: 30 });
  }
  if (live?.state === "retained") {
    return (
      tx
        .updateTable("hub_buckets")
        // One that was given up while it was being made is looked at again.
        .set({ state: live.lifecycle_set_at === null ? "wanted" : "ready", delete_after: null })
        .where("id", "=", live.id)
        .returningAll()
        .executeTakeFirstOrThrow()
    );
  }
  if (live) return live;
  return tx
    .insertInto("hub_buckets")
    .values({
      id: newId("hbk"),
      tenant_id: hub.tenant_id,
      cf_account_id: cloudflare.accountId,
      jurisdiction: cloudflare.jurisdiction,
      name: `hotspot-${randomBytes(10).toString("hex")}`,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Where in the bucket a hub keeps its backups, without a slash at the end. */
export function prefixOf(hub: Pick<HubRow, "id">): string {
  return `hubs/${hub.id}`;
}
