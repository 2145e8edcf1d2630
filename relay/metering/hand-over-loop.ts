import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../log.ts";
import type { HandOver } from "./hand-over.ts";

/** Records that make a batch leave before its time. A transaction costs as much as some hundred of its rows. */
const BATCH_RECORDS = 4_000;
/** A record waits no longer than this for its batch, ms. */
const FLUSH_MS = 500;
/** Time between tries while Postgres is away, ms: grows from the first to the second. */
const RETRY_MS = [500, 5_000] as const;

export interface HandOverLoopOptions {
  readonly handOver: HandOver;
  /** Records that are not in Postgres yet. */
  waiting(): number;
  /** After a batch, off the path. Must not throw. */
  afterBatch(): Promise<void>;
  readonly log: Log;
}

/** Hands over this process's journal as it grows: one batch at a time, none while there is nothing to do. */
export class HandOverLoop {
  failures = 0;
  private readonly options: HandOverLoopOptions;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private running: Promise<void> | null = null;
  private retryMs: number = RETRY_MS[0];
  private isFailing = false;
  private isStopped = false;

  constructor(options: HandOverLoopOptions) {
    this.options = options;
  }

  /** A record has been added. On the path: cheap. */
  added(): void {
    if (this.isFailing || this.running !== null) return;
    if (this.timer === null) this.wake(FLUSH_MS);
    else if (this.options.waiting() === BATCH_RECORDS) this.wake(0);
  }

  /** Hands over everything that waits; gives up after `timeoutMs`. @returns records that are left for a later relay */
  async drain(timeoutMs: number): Promise<number> {
    const deadline = performance.now() + timeoutMs;
    const { waiting, afterBatch, log } = this.options;
    const left = () => Math.max(0, deadline - performance.now());
    const stopped = this.stop();
    const end = new AbortController();
    const over = delay(timeoutMs, undefined, { signal: end.signal }).catch(() => undefined);
    await Promise.race([stopped, over]);
    while (waiting() > 0 && left() > 0) {
      const before = this.failures;
      await Promise.race([this.batch(), over]);
      if (this.failures > before) await delay(Math.min(200, left()));
    }
    if (waiting() === 0) await Promise.race([afterBatch(), over]);
    else log.warn({ records: waiting() }, "usage records left in the journal, a later relay hands them over");
    end.abort();
    return waiting();
  }

  private async stop(): Promise<void> {
    this.isStopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    await this.running;
  }

  private wake(ms: number): void {
    if (this.isStopped) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.running ??= this.batch().finally(() => {
        this.running = null;
        if (this.isFailing) this.wake(this.retryMs);
        else if (this.options.waiting() > 0)
          this.wake(this.options.waiting() >= BATCH_RECORDS ? 0 : FLUSH_MS);
      });
    }, ms);
  }

  private async batch(): Promise<void> {
    const { handOver, waiting, afterBatch, log } = this.options;
    try {
      await handOver.step();
    } catch (error) {
      this.failures++;
      if (this.isFailing) this.retryMs = Math.min(this.retryMs * 2, RETRY_MS[1]);
      else log.warn({ err: error, records: waiting() }, "usage not handed over, trying again");
      this.isFailing = true;
      return;
    }
    if (this.isFailing) log.info({ records: waiting() }, "usage is handed over again");
    this.isFailing = false;
    this.retryMs = RETRY_MS[0];
    await afterBatch();
  }
}
