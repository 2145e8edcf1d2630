export { createAnalytics } from "./analytics.ts";
export { type Brake, createBrake } from "./brake.ts";
export { type BucketPlace, createBuckets } from "./buckets.ts";
export { checkToken, type TokenCheck } from "./check.ts";
export {
  type CallOutcome,
  type CloudflareClient,
  type CloudflareClientOptions,
  createCloudflareClient,
} from "./client.ts";
export { CloudflareError, codes, isCloudflareError } from "./errors.ts";
export { createObjectStore, type ObjectStore } from "./object-store.ts";
export { type AskAnalytics, type R2Size, type R2Use, RETENTION_DAYS, readR2Use } from "./r2-usage.ts";
export { createRecords, type DnsRecord } from "./records.ts";
export { createBucketTokens, s3KeyOf } from "./tokens.ts";
export { createTunnels, type IngressRule } from "./tunnels.ts";
