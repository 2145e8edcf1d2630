/** One window of one tenant and client address. */
export interface RateBucket {
  count: number;
  /** Epoch milliseconds at which the window ends and counting starts anew. */
  resetsAt: number;
  /** False once forgotten: ask for the bucket again. */
  live: boolean;
}

export interface RateLimiter {
  /** The bucket to count in; keep it for the next request of the same pair and pass it back as `known`. */
  bucket(tenantId: string, addressKey: string, now: number): RateBucket;
  /** Counts one request. @returns false when the window's limit is passed; `limit` stands in for `max` */
  take(bucket: RateBucket, now: number, limit?: number): boolean;
  /** Drops buckets whose window is over. */
  sweep(now: number): void;
  readonly max: number;
  readonly size: number;
}

/** Past this many pairs in one window the oldest are forgotten: memory stays bounded, at the cost of leniency. */
const MAX_BUCKETS = 200_000;

/** Fixed windows that start with the first request of a pair. */
export function createRateLimiter(windowMs: number, max: number): RateLimiter {
  const buckets = new Map<string, RateBucket>();
  return {
    max,
    get size() {
      return buckets.size;
    },
    bucket(tenantId, addressKey, now) {
      const key = `${tenantId} ${addressKey}`;
      let bucket = buckets.get(key);
      if (bucket === undefined) {
        if (buckets.size >= MAX_BUCKETS) {
          for (const [oldest, forgotten] of buckets) {
            buckets.delete(oldest);
            forgotten.live = false;
            break;
          }
        }
        bucket = { count: 0, resetsAt: now + windowMs, live: true };
        buckets.set(key, bucket);
      }
      return bucket;
    },
    take(bucket, now, limit = max) {
      if (now >= bucket.resetsAt) {
        bucket.count = 0;
        bucket.resetsAt = now + windowMs;
      }
      return ++bucket.count <= limit;
    },
    sweep(now) {
      for (const [key, bucket] of buckets) {
        if (now < bucket.resetsAt) continue;
        buckets.delete(key);
        bucket.live = false;
      }
    },
  };
}
