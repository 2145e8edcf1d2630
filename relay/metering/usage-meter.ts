import type { UsageRecord } from "../../server/usage/index.ts";
import { type RequestRecord, Totals } from "./totals.ts";
import { type Settled, toUsageRecord } from "./usage-record.ts";

/** Counts requests on the path: adds numbers, and makes the records that the journal keeps. */
export class UsageMeter {
  readonly totals = new Totals();
  private readonly relayId: string;
  private readonly store: ((record: UsageRecord) => void) | null;
  /** Requests that were settled in part, by id. */
  private readonly open = new Map<string, Settled>();
  private uses = new Map<string, number>();

  /** @param store keeps a record; null when nothing is to be metered but the process's own totals */
  constructor(relayId: string, store: ((record: UsageRecord) => void) | null) {
    this.relayId = relayId;
    this.store = store;
  }

  /** Takes one finished request. Never throws, never waits. */
  finish(record: RequestRecord): void {
    this.totals.add(record);
    if (this.store === null || !isTenants(record)) return;
    let settled: Settled | null = null;
    if (this.open.size > 0) {
      settled = this.open.get(record.requestId) ?? null;
      this.open.delete(record.requestId);
    }
    this.store(toUsageRecord(record, this.relayId, settled, true));
    if (record.accessKeyId !== null) this.uses.set(record.accessKeyId, record.startedAt);
  }

  /** Takes what a running request had so far. One that has moved nothing since the last time is left alone. */
  part(record: RequestRecord): void {
    if (this.store === null || !isTenants(record)) return;
    const settled = this.open.get(record.requestId) ?? null;
    const bytes = record.bytesIn + record.bytesOut;
    const isStill = bytes === (settled === null ? 0 : settled.bytesIn + settled.bytesOut);
    if (isStill && !hasTokens(record)) return;
    const part = toUsageRecord(record, this.relayId, settled, false);
    this.store(part);
    const { bytesIn, bytesOut, usage } = record;
    this.open.set(record.requestId, { part: part.part, at: part.endedAt, bytesIn, bytesOut, usage });
  }

  /** Which access keys were used since the last call, and when last. */
  takeUses(): { accessKeyId: string; usedAt: Date }[] {
    if (this.uses.size === 0) return [];
    const uses = [...this.uses].map(([accessKeyId, at]) => ({ accessKeyId, usedAt: new Date(at) }));
    this.uses = new Map();
    return uses;
  }
}

/** They are told once: a part that has some is never left out. */
function hasTokens({ usage }: RequestRecord): boolean {
  return usage !== null && (usage.inputTokens !== 0 || usage.outputTokens !== 0);
}

/** Requests for names that nobody has belong to no tenant's usage. */
function isTenants(
  record: RequestRecord,
): record is RequestRecord & { tenantId: string; endpointId: string } {
  return record.endpointId !== null && record.tenantId !== null;
}
