import * as z from "zod";
import { defineTask, type Task } from "../jobs/index.ts";
import { type BucketUseDeps, fetchBucketUse } from "./fetch.ts";

/**
 * Reads what buckets hold and were asked. A round every ten minutes asks for what is due, each day of a bucket about once an
 * hour, so that many buckets share what Cloudflare answers in a while.
 */
export function bucketUseTask(deps: BucketUseDeps): Task<object> {
  return defineTask({
    name: "bucket_use",
    payload: z.object({}),
    cron: "*/10 * * * *",
    // The next round is a new try.
    maxAttempts: 1,
    async run(_payload, { signal }) {
      const report = await fetchBucketUse(deps, { signal });
      return report.done + report.failed + report.lost > 0 ? report : undefined;
    },
  });
}
