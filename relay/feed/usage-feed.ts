import type { PushReport } from "../../server/ledger/index.ts";
import type { Log } from "../log.ts";

/** Periods that end soon or ended just now are looked at this often, ms: a draft invoice is open for an hour only. */
const NEAR_END_MS = 60_000;
/** Two relays that started together drift apart by this part of a pause. */
const JITTER = 0.1;

export interface UsageFeedOptions {
  /** `pushDueMeters` of server/ledger. */
  push(scope: "all" | "near_end"): Promise<PushReport>;
  oldestPending(): Promise<Date | null>;
  /** Between looks at all tenants, ms. */
  everyMs: number;
  log: Log;
  /** ms; any origin. */
  now?: () => number;
}

/** What the metrics show. */
export interface FeedState {
  readonly sent: number;
  readonly rejected: number;
  /** Of unknown outcome; each is repeated. */
  readonly unsettled: number;
  /** Tenants, or whole rounds, that could not be worked on. */
  readonly failures: number;
  readonly closed: number;
  readonly carried: number;
  /** Age of the oldest report whose outcome is unknown; 0: there is none. */
  readonly oldestUnsettledSeconds: number;
  /** Since the last round over all tenants without a failure. */
  readonly lastSuccessSeconds: number;
}

/**
 * Feeds usage to Stripe while the relay runs. One round at a time; one that fails is logged and counted, and the next comes
 * in its time, so that an outage of Stripe or Postgres, however long, only delays.
 */
export class UsageFeed {
  private readonly options: UsageFeedOptions;
  private readonly now: () => number;
  private readonly startedAt: number;
  private counts = { sent: 0, rejected: 0, unsettled: 0, failures: 0, closed: 0, carried: 0 };
  private oldestPending: Date | null = null;
  private lastFullAt = Number.NEGATIVE_INFINITY;
  private lastSuccessAt: number;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private running: Promise<void> | null = null;
  private deadline = Number.POSITIVE_INFINITY;

  constructor(options: UsageFeedOptions) {
    this.options = options;
    this.now = options.now ?? (() => performance.now());
    this.startedAt = this.now();
    this.lastSuccessAt = this.startedAt;
  }

  start(): void {
    this.wake(Math.min(NEAR_END_MS, this.options.everyMs) * Math.random());
  }

  /** Whether work that takes `ms` still fits: false soon after `stop`. */
  hasTime(ms: number): boolean {
    return this.now() + ms < this.deadline;
  }

  state(): FeedState {
    const { oldestPending } = this;
    const age = oldestPending === null ? 0 : Math.max(0, (Date.now() - oldestPending.getTime()) / 1_000);
    return {
      ...this.counts,
      oldestUnsettledSeconds: age,
      lastSuccessSeconds: (this.now() - this.lastSuccessAt) / 1_000,
    };
  }

  /**
   * Ends the feed with one last round, so that Stripe has what was just handed over. After `timeoutMs` it leaves, whatever
   * is under way; a report that is cut off stays on record and is repeated by whoever comes next.
   */
  async stop(timeoutMs: number): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.deadline = this.now() + timeoutMs;
    let end: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      end = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([late, this.finish()]);
    clearTimeout(end);
  }

  private async finish(): Promise<void> {
    await this.running;
    if (this.hasTime(0)) await this.round("all");
  }

  private wake(ms: number): void {
    this.timer = setTimeout(() => {
      this.timer = null;
      const isFull = this.now() - this.lastFullAt >= this.options.everyMs * (1 - JITTER);
      this.running = this.round(isFull ? "all" : "near_end").finally(() => {
        this.running = null;
        const pause = Math.min(NEAR_END_MS, this.options.everyMs);
        if (this.deadline === Number.POSITIVE_INFINITY)
          this.wake(pause * (1 + JITTER * (Math.random() - 0.5)));
      });
    }, ms);
  }

  private async round(scope: "all" | "near_end"): Promise<void> {
    const { push, oldestPending, log } = this.options;
    if (scope === "all") this.lastFullAt = this.now();
    try {
      const report = await push(scope);
      for (const key of ["sent", "rejected", "unsettled", "closed", "carried"] as const)
        this.counts[key] += report[key];
      this.counts.failures += report.failed;
      if (scope === "all" && report.failed === 0) this.lastSuccessAt = this.now();
      if (report.sent + report.closed + report.failed > 0)
        log.info({ scope, ...report }, "usage fed to Stripe");
      this.oldestPending = await oldestPending();
    } catch (error) {
      this.counts.failures++;
      log.warn({ err: error, scope }, "usage not fed to Stripe, trying again");
    }
  }
}
