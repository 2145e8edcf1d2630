import type { RequestRow } from "../../server/requests/index.ts";
import type { Log } from "../log.ts";
import { type RequestRecord, Totals } from "./totals.ts";

/** Rows that make a batch leave before its time. */
const BATCH_ROWS = 500;
/** A row waits no longer than this for its batch, ms. */
const FLUSH_MS = 500;
/** Rows of one write: a backlog is worked off in larger steps than fresh rows. */
const MAX_WRITE_ROWS = 2_000;
/**
 * Rows kept while Postgres is away, about 400 bytes each: 20 MB. The newest beyond are counted as dropped and only
 * their totals stay.
 */
export const MAX_BUFFERED_ROWS = 50_000;
/** Time between tries while Postgres is away, ms: grows from the first to the second. */
const RETRY_MS = [500, 5_000] as const;
/** When a key was last used is written this often, ms. */
const TOUCH_MS = 10_000;

export interface RequestLogOptions {
  relayId: string;
  /** `recordRequests` of server/requests; a repeated batch is harmless. */
  record(rows: readonly RequestRow[]): Promise<unknown>;
  /** `touchAccessKeys` of server/access-keys. */
  touch(uses: readonly { accessKeyId: string; usedAt: Date }[]): Promise<unknown>;
  log: Log;
}

/**
 * Counts finished requests and writes them to the request log in batches, off the path. `finish` only adds numbers and
 * keeps the record; one write is under way at a time.
 */
export class RequestLog {
  readonly totals = new Totals();
  /** Rows that found no room. */
  dropped = 0;
  writeFailures = 0;
  private readonly options: RequestLogOptions;
  private buffer: RequestRecord[] = [];
  /** Rows of the write under way, or of the last one that failed: they go first. */
  private batch: RequestRow[] = [];
  private lastUses = new Map<string, number>();
  private touchedAt = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private writing: Promise<void> | null = null;
  private retryMs: number = RETRY_MS[0];
  private failing = false;
  private reportedDropped = 0;

  constructor(options: RequestLogOptions) {
    this.options = options;
  }

  /** Rows that are not in Postgres yet. */
  get pending(): number {
    return this.buffer.length + this.batch.length;
  }

  /** Takes one finished request. Never throws, never waits. */
  finish(record: RequestRecord): void {
    this.totals.add(record);
    // Requests for names that nobody has belong to no tenant's log.
    if (record.endpointId === null) return;
    if (this.buffer.length >= MAX_BUFFERED_ROWS) {
      this.dropped++;
      return;
    }
    const count = this.buffer.push(record);
    if (count === 1 && !this.failing) this.wake(FLUSH_MS);
    else if (count === BATCH_ROWS && !this.failing) this.wake(0);
  }

  /** Writes everything that waits; gives up after `timeoutMs`. @returns rows that are lost by that */
  async drain(timeoutMs: number): Promise<number> {
    const deadline = performance.now() + timeoutMs;
    while (this.pending > 0 && performance.now() < deadline) {
      if (this.timer !== null) clearTimeout(this.timer);
      this.timer = null;
      const before = this.writeFailures;
      const left = deadline - performance.now();
      await Promise.race([this.write(), sleep(left)]);
      if (this.writeFailures > before) await sleep(Math.min(200, left));
    }
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.pending === 0) await Promise.race([this.touchNow(), sleep(deadline - performance.now())]);
    if (this.pending > 0) this.options.log.error({ rows: this.pending }, "request log rows lost at the end");
    return this.pending;
  }

  private wake(ms: number): void {
    if (this.timer !== null) {
      if (ms > 0) return;
      clearTimeout(this.timer);
    }
    this.timer = setTimeout(() => {
      this.timer = null;
      void this.write();
    }, ms);
  }

  private write(): Promise<void> {
    this.writing ??= this.writeOnce().finally(() => {
      this.writing = null;
      if (this.failing) this.wake(this.retryMs);
      else if (this.buffer.length > 0) this.wake(this.buffer.length >= BATCH_ROWS ? 0 : FLUSH_MS);
    });
    return this.writing;
  }

  private async writeOnce(): Promise<void> {
    const { record, log } = this.options;
    try {
      if (this.batch.length === 0) this.takeBatch();
      if (this.batch.length > 0) await record(this.batch);
      this.batch = [];
      if (performance.now() - this.touchedAt >= TOUCH_MS) await this.touchNow();
    } catch (error) {
      this.writeFailures++;
      if (this.failing) this.retryMs = Math.min(this.retryMs * 2, RETRY_MS[1]);
      else log.warn({ err: error, rows: this.pending }, "request log not written, trying again");
      this.failing = true;
      return;
    }
    if (this.failing) log.info({ rows: this.pending }, "request log is written again");
    this.failing = false;
    this.retryMs = RETRY_MS[0];
    if (this.dropped > this.reportedDropped) {
      log.error(
        { rows: this.dropped - this.reportedDropped },
        "request log rows dropped, the buffer was full",
      );
      this.reportedDropped = this.dropped;
    }
  }

  private takeBatch(): void {
    const { relayId } = this.options;
    const taken = this.buffer.length <= MAX_WRITE_ROWS ? this.buffer : this.buffer.slice(0, MAX_WRITE_ROWS);
    this.buffer = taken === this.buffer ? [] : this.buffer.slice(MAX_WRITE_ROWS);
    this.batch = taken.map((record) => toRow(record, relayId));
    for (const { accessKeyId, startedAt } of taken) {
      if (accessKeyId !== null) this.lastUses.set(accessKeyId, startedAt);
    }
  }

  /** When keys were last used is a nicety: a failed write of it is logged and forgotten. */
  private async touchNow(): Promise<void> {
    if (this.lastUses.size === 0) return;
    const uses = [...this.lastUses].map(([accessKeyId, at]) => ({ accessKeyId, usedAt: new Date(at) }));
    this.touchedAt = performance.now();
    this.lastUses = new Map();
    try {
      await this.options.touch(uses);
    } catch (error) {
      this.options.log.warn({ err: error, keys: uses.length }, "last use of access keys not written");
    }
  }
}

function toRow(record: RequestRecord, relayId: string): RequestRow {
  return {
    id: record.requestId,
    tenant_id: record.tenantId!,
    endpoint_id: record.endpointId!,
    access_key_id: record.accessKeyId,
    connector_id: record.connectorId,
    relay_id: relayId,
    started_at: new Date(record.startedAt),
    method: record.method,
    path: record.path,
    status: record.status,
    bytes_in: record.bytesIn,
    bytes_out: record.bytesOut,
    duration_ms: record.durationMs,
    queue_ms: record.queueMs,
    upstream_ms: record.upstreamMs,
    client_address: record.clientAddress,
    error_code: record.errorCode,
    user_agent: null,
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
