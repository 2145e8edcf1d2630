export type { BucketUseDeps, FetchOutcome } from "./fetch.ts";
export { getBucketUse } from "./get-bucket-use.ts";
export { bucketUseTask } from "./task.ts";
