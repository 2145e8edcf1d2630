import { createHash } from "node:crypto";
import * as z from "zod";
import type { BucketPlace } from "./buckets.ts";
import type { CloudflareClient } from "./client.ts";
import { CloudflareError, isGone } from "./errors.ts";

const Token = z.object({ id: z.string(), name: z.string(), issued_on: z.string().nullish() });
export type CloudflareToken = z.infer<typeof Token>;

/** What reads, writes, lists and deletes objects of one bucket. Its id has changed before, so it is looked up by name. */
const BUCKET_WRITE = "Workers R2 Storage Bucket Item Write";

/** Keys of S3 that an API token is: its id, and the hash of its value. */
export function s3KeyOf(token: { id: string; value: string }): {
  accessKeyId: string;
  secretAccessKey: string;
} {
  return {
    accessKeyId: token.id,
    secretAccessKey: createHash("sha256").update(token.value, "utf8").digest("hex"),
  };
}

/**
 * API tokens of an account that open one bucket each.
 * @see https://developers.cloudflare.com/r2/api/tokens/
 */
export function createBucketTokens(client: CloudflareClient, accountId: string) {
  const base = `/accounts/${encodeURIComponent(accountId)}/tokens`;
  let groupId: Promise<string> | null = null;

  const findGroup = async (): Promise<string> => {
    const groups = await client.call({
      operation: "tokens.groups",
      method: "GET",
      path: `${base}/permission_groups`,
      query: { name: BUCKET_WRITE },
      result: z.array(z.object({ id: z.string(), name: z.string() })),
    });
    const group = groups.find(({ name }) => name === BUCKET_WRITE);
    if (group) return group.id;
    throw new CloudflareError("tokens.groups", 200, [{ code: 0, message: `there is no "${BUCKET_WRITE}"` }]);
  };

  return {
    /** Also what shows at start whether tokens may be read. */
    bucketWriteGroup(): Promise<string> {
      groupId ??= findGroup().catch((error: unknown) => {
        groupId = null;
        throw error;
      });
      return groupId;
    },

    /** Its value is in this answer only. Names are not unique. */
    async create(name: string, bucket: BucketPlace): Promise<{ id: string; value: string }> {
      const resource = `com.cloudflare.edge.r2.bucket.${accountId}_${bucket.jurisdiction}_${bucket.name}`;
      return client.call({
        operation: "tokens.create",
        method: "POST",
        path: base,
        body: {
          name,
          policies: [
            {
              effect: "allow",
              resources: { [resource]: "*" },
              permission_groups: [{ id: await this.bucketWriteGroup() }],
            },
          ],
        },
        result: z.object({ id: z.string(), value: z.string().min(1) }),
      });
    },

    async list(prefix: string): Promise<CloudflareToken[]> {
      const all = await client.list({ operation: "tokens.list", path: base, item: Token });
      return all.filter(({ name }) => name.startsWith(prefix));
    },

    /** One that is gone is fine. */
    async remove(id: string): Promise<void> {
      try {
        await client.call({
          operation: "tokens.delete",
          method: "DELETE",
          path: `${base}/${encodeURIComponent(id)}`,
          result: z.unknown(),
        });
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    },
  };
}
