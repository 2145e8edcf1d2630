import type { Network } from "../network/network.ts";
import { type BucketAccess, repositoryPrefix } from "./access.ts";
import { openBucket } from "./bucket-client.ts";

/** A repository has one or two; more than a page of them would be no repository of ours. */
const MAX_KEYS = 100;

/** Ids of the keys that a repository's bucket holds: no tool says them before it has opened one. */
export async function listKeyIds(bucket: BucketAccess, network: Network): Promise<string[]> {
  const { client, ListObjectsV2Command } = await openBucket(bucket, network);
  try {
    const prefix = `${repositoryPrefix(bucket.prefix)}/keys/`;
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: bucket.name, Prefix: prefix, MaxKeys: MAX_KEYS }),
    );
    return (page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key.slice(prefix.length)]));
  } finally {
    client.destroy();
  }
}
