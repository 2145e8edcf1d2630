import {
  AbortMultipartUploadCommand,
  DeleteObjectsCommand,
  HeadBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";

/** What a key can do in R2, over S3. */
export interface ObjectStore {
  /** `refused`: the key is not known, or not for this bucket (yet). @throws when the store does not answer */
  probe(bucket: string): Promise<"ok" | "refused" | "missing">;
  /** Deletes everything that begins with `prefix`, unfinished uploads too; a bucket that is gone is fine. @returns how many objects */
  deleteAll(bucket: string, prefix: string): Promise<number>;
  close(): void;
}

/** S3 deletes a thousand in one request at most. */
const BATCH = 1_000;

export function createObjectStore(options: {
  /** Origin; buckets are in the path. */
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
}): ObjectStore {
  const client = new S3Client({
    endpoint: options.endpoint,
    region: "auto",
    credentials: { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey },
    forcePathStyle: true,
    // R2 does not take all of the SDK's own checksums.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  return {
    async probe(bucket) {
      try {
        await client.send(new HeadBucketCommand({ Bucket: bucket }));
        return "ok";
      } catch (error) {
        const status = statusOf(error);
        if (status === 401 || status === 403) return "refused";
        if (status === 404) return "missing";
        throw error;
      }
    },
    async deleteAll(bucket, prefix) {
      try {
        await abortUploads(client, bucket, prefix);
        return await deleteObjects(client, bucket, prefix);
      } catch (error) {
        if (error instanceof S3ServiceException && error.name === "NoSuchBucket") return 0;
        throw error;
      }
    },
    close: () => client.destroy(),
  };
}

async function deleteObjects(client: S3Client, bucket: string, prefix: string): Promise<number> {
  let deleted = 0;
  for (;;) {
    // From the beginning each time: what was listed is gone.
    const { Contents = [] } = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, MaxKeys: BATCH }),
    );
    const keys = Contents.flatMap(({ Key }) => (Key === undefined ? [] : [{ Key }]));
    if (keys.length === 0) return deleted;
    const { Errors = [] } = await client.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: keys, Quiet: true } }),
    );
    const [first] = Errors;
    if (first) throw new Error(`${Errors.length} objects could not be deleted: ${first.Code}`);
    deleted += keys.length;
  }
}

async function abortUploads(client: S3Client, bucket: string, prefix: string): Promise<void> {
  for (;;) {
    const { Uploads = [] } = await client.send(
      new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix }),
    );
    if (Uploads.length === 0) return;
    for (const { Key, UploadId } of Uploads) {
      await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }));
    }
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}
