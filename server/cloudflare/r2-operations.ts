/** How Cloudflare charges for an operation: as one that writes or lists, as one that reads, or not at all. */
export type OperationClass = "a" | "b" | "free";

/**
 * What Cloudflare documents, by the names under which its analytics count them.
 * @see https://developers.cloudflare.com/r2/pricing/#class-a-operations
 */
const classes: Readonly<Record<string, OperationClass>> = {
  ListBuckets: "a",
  PutBucket: "a",
  ListObjects: "a",
  ListObjectsV2: "a",
  PutObject: "a",
  CopyObject: "a",
  CompleteMultipartUpload: "a",
  CreateMultipartUpload: "a",
  LifecycleStorageTierTransition: "a",
  ListMultipartUploads: "a",
  UploadPart: "a",
  UploadPartCopy: "a",
  ListParts: "a",
  PutBucketEncryption: "a",
  PutBucketCors: "a",
  PutBucketLifecycleConfiguration: "a",
  HeadBucket: "b",
  HeadObject: "b",
  GetObject: "b",
  UsageSummary: "b",
  GetBucketEncryption: "b",
  GetBucketLocation: "b",
  GetBucketCors: "b",
  GetBucketLifecycleConfiguration: "b",
  DeleteObject: "free",
  DeleteObjects: "free",
  DeleteBucket: "free",
  AbortMultipartUpload: "free",
};

/** How names of operations that came later begin. */
const beginnings: readonly (readonly [RegExp, OperationClass])[] = [
  [/^(Delete|Abort)/, "free"],
  [/^(List|Put|Copy|Create|Complete|Upload|Lifecycle)/, "a"],
  [/^(Get|Head)/, "b"],
];

/** @returns null: a name that says nothing; it is not charged for, and whoever asks should tell of it */
export function classOf(actionType: string): OperationClass | null {
  return classes[actionType] ?? beginnings.find(([begins]) => begins.test(actionType))?.[1] ?? null;
}

/** Nobody pays for what was refused for want of a right, nor for what was Cloudflare's own failure; other refusals count. */
export function isCharged({
  actionStatus,
  responseStatusCode,
}: {
  readonly actionStatus: string;
  readonly responseStatusCode: number;
}): boolean {
  return actionStatus !== "internalError" && responseStatusCode !== 401 && responseStatusCode !== 403;
}
