/** Handshakes that one address may start at once, in seconds of its rate: a browser opens six, a load balancer hundreds. */
const BURST_SECONDS = 10;

interface Bucket {
  tokens: number;
  at: number;
}

/** How many handshakes each client address may start: one costs as much CPU as twenty requests. */
export class HandshakeLimiter {
  private readonly perSecond: number;
  private readonly buckets = new Map<string, Bucket>();

  constructor(perSecond: number) {
    this.perSecond = perSecond;
  }

  /** @param now milliseconds */
  take(key: string, now: number): boolean {
    const full = this.perSecond * BURST_SECONDS;
    let bucket = this.buckets.get(key);
    if (bucket === undefined) {
      bucket = { tokens: full, at: now };
      this.buckets.set(key, bucket);
    }
    bucket.tokens = Math.min(full, bucket.tokens + ((now - bucket.at) / 1_000) * this.perSecond);
    bucket.at = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  /** Forgets addresses whose rate is whole again. */
  sweep(now: number): void {
    for (const [key, { at }] of this.buckets) {
      if (now - at >= BURST_SECONDS * 1_000) this.buckets.delete(key);
    }
  }
}
