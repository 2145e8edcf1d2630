/** Holds calls back so that Cloudflare does not block us: one for all callers of a process and token. */
export interface Brake {
  /** Counts a call. @returns ms to wait before it may go; 0: it may go now and is counted */
  take(): number;
  /** Cloudflare said to wait. */
  block(ms: number): void;
  /** How long nothing may go, ms. */
  blockedMs(): number;
  /** Calls counted in the window. */
  used(): number;
}

/** Cloudflare blocks every call of a token for five minutes after 1,200 in five minutes. Some are left to other processes of ours. */
const LIMIT = 1_000;
const WINDOW_MS = 300_000;

/** @see https://developers.cloudflare.com/fundamentals/api/reference/limits/ */
export function createBrake(options: { limit?: number; windowMs?: number; now?: () => number } = {}): Brake {
  const { limit = LIMIT, windowMs = WINDOW_MS, now = Date.now } = options;
  let calls: number[] = [];
  let blockedUntil = 0;
  const forget = () => {
    const since = now() - windowMs;
    const first = calls.findIndex((at) => at > since);
    if (first === -1) calls = [];
    else if (first > 0) calls = calls.slice(first);
  };
  return {
    take() {
      const blocked = blockedUntil - now();
      if (blocked > 0) return blocked;
      forget();
      if (calls.length >= limit) return calls[0]! + windowMs - now();
      calls.push(now());
      return 0;
    },
    block(ms) {
      blockedUntil = Math.max(blockedUntil, now() + ms);
    },
    blockedMs: () => Math.max(0, blockedUntil - now()),
    used() {
      forget();
      return calls.length;
    },
  };
}
