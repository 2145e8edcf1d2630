import { sql } from "kysely";
import { codes, isCloudflareError } from "../../cloudflare/index.ts";
import type { StepContext } from "./step-context.ts";

/** Makes the tenant's bucket. Its name is random and was stored before, so one that exists is the one that a try before made. */
export async function makeBucket({ db, bucket, cloudflare }: StepContext): Promise<void> {
  try {
    await cloudflare.buckets.create(bucket!, cloudflare.location);
  } catch (error) {
    if (!isCloudflareError(error, codes.bucketExists)) throw error;
  }
  await db
    .updateTable("hub_buckets")
    .set({ state: "ready", error: null })
    .where("id", "=", bucket!.id)
    .where("state", "=", "wanted")
    .execute();
}

/** Uploads that were never finished do not stay, nor cost, for ever. When data goes is our own job, not a rule that could outlive a change of mind. */
export async function setLifecycle({ db, bucket, cloudflare }: StepContext): Promise<void> {
  try {
    await cloudflare.buckets.setLifecycle(bucket!);
  } catch (error) {
    if (!isCloudflareError(error, codes.bucketNotFound)) throw error;
    await db.updateTable("hub_buckets").set({ state: "wanted" }).where("id", "=", bucket!.id).execute();
    return;
  }
  await db
    .updateTable("hub_buckets")
    .set({ lifecycle_set_at: sql<Date>`now()` })
    .where("id", "=", bucket!.id)
    .execute();
}
