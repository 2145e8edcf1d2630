export interface ApiLimits {
  /** Calls per window and account. */
  readonly calls: number;
  readonly windowMs: number;
}

/** Cloudflare's own: 1,200 calls per five minutes, and everything blocked for the next five after that. */
export const cloudflareLimits: ApiLimits = { calls: 1_200, windowMs: 300_000 };

/** Counts calls in a fixed window; who goes over is refused for a whole window, whatever it asks. */
export class RateLimit {
  limits: ApiLimits;
  #from = 0;
  #used = 0;
  #blockedUntil = 0;

  constructor(limits: ApiLimits) {
    this.limits = limits;
  }

  /** @returns null when the call may go on, else the seconds to wait */
  take(now = Date.now()): { retryAfter: number } | null {
    if (now < this.#blockedUntil) return this.#wait(now);
    if (now - this.#from >= this.limits.windowMs) {
      this.#from = now;
      this.#used = 0;
    }
    this.#used += 1;
    if (this.#used <= this.limits.calls) return null;
    this.#blockedUntil = now + this.limits.windowMs;
    this.#from = this.#blockedUntil;
    this.#used = 0;
    return this.#wait(now);
  }

  /** As the answers carry them. */
  headers(now = Date.now()): Record<string, string> {
    const left = Math.max(0, this.limits.calls - this.#used);
    const reset = Math.max(0, Math.ceil((this.#from + this.limits.windowMs - now) / 1_000));
    return {
      ratelimit: `"default";r=${left};t=${reset}`,
      "ratelimit-policy": `"default";q=${this.limits.calls};w=${Math.ceil(this.limits.windowMs / 1_000)}`,
    };
  }

  #wait(now: number): { retryAfter: number } {
    return { retryAfter: Math.max(1, Math.ceil((this.#blockedUntil - now) / 1_000)) };
  }
}
