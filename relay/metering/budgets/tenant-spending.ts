import type { Spending } from "../../../server/budgets/index.ts";
import type { UsageRecord } from "../../../server/usage/index.ts";
import { hourOf, LimitState, type LiveUsage } from "./limit-state.ts";
import { RecentUsageList } from "./recent-usage.ts";

/** Keys at rest that are remembered: more are forgotten together. */
const MAX_IDLE_KEYS = 1_000;

/** The limits of one tenant and everything that counts towards them in this process. */
export class TenantSpending {
  /** Null until the first reading. */
  limits: readonly LimitState[] | null = null;
  /** Access keys of requests that are not recorded yet, by request. */
  private readonly open = new Map<string, string | null>();
  /** Tokens of theirs that were delivered and are in no record yet. */
  private readonly delivered = new Map<string, number>();
  private readonly all: LiveUsage = { requests: 0, tokens: 0 };
  private readonly byKey = new Map<string, LiveUsage>();
  private readonly recent: RecentUsageList;

  constructor(maxRecent?: number) {
    this.recent = new RecentUsageList(maxRecent);
  }

  /** Nothing is lost when it is forgotten. */
  get isIdle(): boolean {
    return this.open.size === 0 && this.recent.isEmpty;
  }

  get hasLimits(): boolean {
    return this.limits !== null && this.limits.length > 0;
  }

  /** Takes a reading. @returns false when it cannot be combined with what this process knows: read again */
  read({ plan, limits, nextSeq }: Spending): boolean {
    if (!this.recent.forget(nextSeq)) return false;
    const recent = limits.length === 0 ? [] : this.recent.list();
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
    this.open.set(requestId, accessKeyId);
    this.change(accessKeyId, 1, 0);
  }

  isOpen(requestId: string): boolean {
    return this.open.has(requestId);
  }

  /** Counts tokens of a running request as they are delivered. */
  deliver(requestId: string, delta: number): void {
    const accessKeyId = this.open.get(requestId);
    if (accessKeyId === undefined) return;
    this.delivered.set(requestId, (this.delivered.get(requestId) ?? 0) + delta);
    this.change(accessKeyId, 0, delta);
  }

  /** A record was stored: what it says is not live any more. */
  stored(seq: number, record: UsageRecord): void {
    const { requestId, usage, final } = record;
    const tokens = usage === null ? 0 : usage.inputTokens + usage.outputTokens;
    const accessKeyId = this.open.get(requestId);
    if (accessKeyId !== undefined) {
      if (final) this.open.delete(requestId);
      this.change(accessKeyId, final ? -1 : 0, -this.settled(requestId, tokens, final));
    }
    if (!record.forwarded) return;
    const requests = final ? 1 : 0;
    const bytes = record.bytesIn + record.bytesOut;
    const hour = hourOf(record.endedAt);
    this.recent.add(seq, hour, record.accessKeyId, requests, bytes, tokens);
    if (!this.hasLimits) return;
    const used = { hour, accessKeyId: record.accessKeyId, requests, bytes, tokens };
    for (const limit of this.limits ?? []) limit.add(used);
  }

  /** Tokens that were live and are recorded now: with the last part all of them, whatever it says. */
  private settled(requestId: string, tokens: number, final: boolean): number {
    if (this.delivered.size === 0 && (final || tokens === 0)) return 0;
    const delivered = this.delivered.get(requestId) ?? 0;
    if (!final) {
      this.delivered.set(requestId, delivered - tokens);
      return tokens;
    }
    this.delivered.delete(requestId);
    return delivered;
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
    if (limit.accessKeyId === null) return this.all;
    return this.byKey.get(limit.accessKeyId) ?? NOTHING;
  }

  private change(accessKeyId: string | null, requests: number, tokens: number): void {
    this.all.requests += requests;
    this.all.tokens += tokens;
    if (accessKeyId === null) return;
    let live = this.byKey.get(accessKeyId);
    if (live === undefined) {
      if (this.byKey.size >= MAX_IDLE_KEYS) this.forgetIdleKeys();
      live = { requests: 0, tokens: 0 };
      this.byKey.set(accessKeyId, live);
    }
    live.requests += requests;
    live.tokens += tokens;
  }

  private forgetIdleKeys(): void {
    for (const [accessKeyId, { requests, tokens }] of this.byKey) {
      if (requests === 0 && tokens === 0) this.byKey.delete(accessKeyId);
    }
  }
}

const NOTHING: LiveUsage = { requests: 0, tokens: 0 };
