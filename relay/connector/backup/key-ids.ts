import type { BucketAccess } from "./access.ts";
import { repositoryPrefix } from "./access.ts";

/** A repository has one or two; more than a page of them would be no repository of ours. */
const MAX_KEYS = 100;

/** Ids of the keys that a repository's bucket holds: no tool says them before it has opened one. */
export async function listKeyIds(bucket: BucketAccess): Promise<string[]> {
  // Rarely needed, and large.
  const { ListObjectsV2Command, S3Client } = await import("@aws-sdk/client-s3");
  const client = new S3Client({
    endpoint: bucket.endpoint,
    region: "auto",
    forcePathStyle: true,
    credentials: { accessKeyId: bucket.accessKeyId, secretAccessKey: bucket.secretAccessKey },
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
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
