import type { Spending } from "../../../server/budgets/index.ts";
import type { UsageRecord } from "../../../server/usage/index.ts";
import { hourOf, LimitState, type LiveUsage } from "./limit-state.ts";
import { RecentUsageList } from "./recent-usage.ts";

interface OpenRequest {
  readonly accessKeyId: string | null;
  /** Tokens that were delivered and are in no record yet. */
  tokens: number;
}

/** The limits of one tenant and everything that counts towards them in this process. */
export class TenantSpending {
  /** Null until the first reading. */
  limits: readonly LimitState[] | null = null;
  private readonly open = new Map<string, OpenRequest>();
  /** By access key; null for all together. */
  private readonly live = new Map<string | null, LiveUsage>();
  private readonly recent: RecentUsageList;

  constructor(maxRecent?: number) {
    this.recent = new RecentUsageList(maxRecent);
  }

  /** Nothing is lost when it is forgotten. */
  get isIdle(): boolean {
    return this.open.size === 0 && this.recent.isEmpty;
  }

  /** Takes a reading. @returns false when it cannot be combined with what this process knows: read again */
  read({ plan, limits, nextSeq }: Spending): boolean {
    const recent = this.recent.after(nextSeq);
    if (recent === null) return false;
    this.limits = limits.map((limit) => new LimitState(limit, plan, recent));
    return true;
  }

  /** The limit that refuses one more request; null when it may start. */
  refusing(accessKeyId: string | null, now: number): LimitState | null {
    for (const limit of this.limits ?? []) {
      if (limit.isFor(accessKeyId) && !limit.isOver(now) && limit.refuses(this.liveOf(limit))) return limit;
    }
    return null;
  }

  /** Running answers of this key have to end. */
  isReached(accessKeyId: string | null, now: number): boolean {
    for (const limit of this.limits ?? []) {
      if (limit.isFor(accessKeyId) && !limit.isOver(now) && limit.isReached(this.liveOf(limit))) return true;
    }
    return false;
  }

  begin(requestId: string, accessKeyId: string | null): void {
    this.open.set(requestId, { accessKeyId, tokens: 0 });
    this.change(accessKeyId, 1, 0);
  }

  isOpen(requestId: string): boolean {
    return this.open.has(requestId);
  }

  /** Counts tokens of a running request as they are delivered. */
  deliver(requestId: string, delta: number): void {
    const request = this.open.get(requestId);
    if (request === undefined) return;
    request.tokens += delta;
    this.change(request.accessKeyId, 0, delta);
  }

  /** A record was stored: what it says is not live any more. */
  stored(seq: number, record: UsageRecord): void {
    const { requestId, accessKeyId, usage, final, forwarded, bytesIn, bytesOut } = record;
    const tokens = usage === null ? 0 : usage.inputTokens + usage.outputTokens;
    const request = this.open.get(requestId);
    if (request !== undefined) {
      const settled = final ? request.tokens : tokens;
      request.tokens -= settled;
      this.change(request.accessKeyId, final ? -1 : 0, -settled);
      if (final) this.open.delete(requestId);
    }
    if (!forwarded) return;
    const requests = final ? 1 : 0;
    const used = { hour: hourOf(record.endedAt), accessKeyId, requests, bytes: bytesIn + bytesOut, tokens };
    this.recent.add({ ...used, firstSeq: seq, lastSeq: seq });
    for (const limit of this.limits ?? []) limit.add(used);
  }

  /** How near the nearest limit is, 0 to 1 and above. */
  nearest(): number {
    let share = 0;
    for (const limit of this.limits ?? []) {
      const live = this.liveOf(limit);
      share = Math.max(share, limit.share(live, live.requests));
    }
    return share;
  }

  private liveOf({ limit }: LimitState): LiveUsage {
    return this.live.get(limit.accessKeyId) ?? NOTHING;
  }

  private change(accessKeyId: string | null, requests: number, tokens: number): void {
    this.changeOne(null, requests, tokens);
    if (accessKeyId !== null) this.changeOne(accessKeyId, requests, tokens);
  }

  private changeOne(accessKeyId: string | null, requests: number, tokens: number): void {
    const live = this.live.get(accessKeyId);
    if (live === undefined) {
      this.live.set(accessKeyId, { requests, tokens });
      return;
    }
    live.requests += requests;
    live.tokens += tokens;
    // Nothing runs: no entry for every key that was ever used.
    if (live.requests === 0 && live.tokens === 0) this.live.delete(accessKeyId);
  }
}

const NOTHING: LiveUsage = { requests: 0, tokens: 0 };
