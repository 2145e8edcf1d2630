import { type SpendingLimit, type SpentTotals, spentOf } from "../../../server/budgets/index.ts";
import type { Plan } from "../../../server/plans.ts";

const HOUR_MS = 3_600_000;

/** Usage of one record, or of several, that the last reading of a limit may not hold. */
export interface RecentUsage extends SpentTotals {
  /** Numbers of the records in the journal, first and last. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Start of the hour it counts in, epoch ms. */
  readonly hour: number;
  readonly accessKeyId: string | null;
}

/** What runs now: requests that are not recorded yet, and the tokens they have had that are in no record. */
export interface LiveUsage {
  requests: number;
  tokens: number;
}

export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS;
}

/** One limit, and what counts towards it: the last reading, what was recorded since, what runs now. */
export class LimitState {
  readonly limit: SpendingLimit;
  private readonly plan: Plan;
  private requests: number;
  private bytes: number;
  private tokens: number;

  /** @param recent what is not in the reading */
  constructor(limit: SpendingLimit, plan: Plan, recent: readonly RecentUsage[]) {
    this.limit = limit;
    this.plan = plan;
    this.requests = limit.used.requests;
    this.bytes = limit.used.bytes;
    this.tokens = limit.used.tokens;
    for (const usage of recent) this.add(usage);
  }

  isFor(accessKeyId: string | null): boolean {
    return this.limit.accessKeyId === null || this.limit.accessKeyId === accessKeyId;
  }

  /** Counts what was recorded, if it is this limit's. */
  add({ hour, accessKeyId, requests, bytes, tokens }: Omit<RecentUsage, "firstSeq" | "lastSeq">): void {
    if (!this.isFor(accessKeyId) || hour < this.limit.window.start.getTime()) return;
    this.requests += requests;
    this.bytes += bytes;
    this.tokens += tokens;
  }

  /** Its day or billing period is over: what it says is of the past. */
  isOver(now: number): boolean {
    return now >= this.limit.window.end.getTime();
  }

  /** One more request would be too many: those that run will count as well. */
  refuses(live: LiveUsage): boolean {
    return this.share(live, live.requests) >= 1;
  }

  /** What has been delivered comes to the limit: running answers end. */
  isReached(live: LiveUsage): boolean {
    if (this.limit.metric === "requests") return false;
    return this.share(live, 0) >= 1;
  }

  /** Used of the limit, 0 to 1 and above. */
  share(live: LiveUsage, runningRequests: number): number {
    const { limit } = this.limit;
    const isRequests = this.limit.metric === "requests";
    const totals = {
      requests: this.requests + (isRequests ? runningRequests : 0),
      bytes: this.bytes,
      tokens: this.tokens + live.tokens,
    };
    return spentOf(this.limit, this.plan, totals) / limit;
  }
}
