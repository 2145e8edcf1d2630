import { createHash } from "node:crypto";
import { S3Client } from "@aws-sdk/client-s3";
import type { CloudflareStandIn } from "../index.ts";
import { createAsk } from "./api.ts";

const ITEM_WRITE = "2efd5506f9c8494dacb1fa10a3e7d5b6";

export interface BucketKey {
  readonly tokenId: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A bucket with a key of its own, made over the API. */
export async function makeBucket(standIn: CloudflareStandIn, name: string): Promise<BucketKey> {
  await createAsk(standIn)("POST /accounts/:account/r2/buckets", { name });
  return makeKey(standIn, name);
}

export async function makeKey(standIn: CloudflareStandIn, bucket: string): Promise<BucketKey> {
  const resource = `com.cloudflare.edge.r2.bucket.${standIn.accountId}_default_${bucket}`;
  const { result } = await createAsk(standIn)("POST /accounts/:account/tokens", {
    name: `key of ${bucket}`,
    policies: [{ effect: "allow", resources: { [resource]: "*" }, permission_groups: [{ id: ITEM_WRITE }] }],
  });
  return { tokenId: result.id, accessKeyId: result.id, secretAccessKey: sha256(result.value) };
}

/** The AWS SDK as it is to be used with R2. */
export function createS3(standIn: CloudflareStandIn, credentials: Omit<BucketKey, "tokenId">): S3Client {
  return new S3Client({
    endpoint: standIn.r2Endpoint,
    region: "auto",
    forcePathStyle: true,
    credentials,
    maxAttempts: 1,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

export const sha256 = (text: string | Buffer): string => createHash("sha256").update(text).digest("hex");
