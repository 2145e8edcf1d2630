import type { MeterName } from "../../../db/schema/index.ts";
import { eachMeter, type MeterTotals, meterNames } from "../../pricing/index.ts";
import type {
  LedgerSession,
  LedgerStore,
  LedgerSubscription,
  MeterPeriod,
  MeterPush,
  NewPush,
} from "../store.ts";
import type { DayUse, HourUsage, RecordedAdjustment, RecordedPush, TrialLedger } from "./trial-ledger.ts";

/** The ledger of one tenant in memory, with the promises of the one in Postgres: each call is kept, the lock is one's own. */
export class MemoryLedger implements TrialLedger, LedgerStore {
  readonly tenantId = "ten_1";
  private readonly hours = new Map<number, HourUsage>();
  private readonly days = new Map<number, DayUse>();
  private readonly adjustments: RecordedAdjustment[] = [];
  private readonly pushes: RecordedPush[] = [];
  private readonly periods: MeterPeriod[] = [];
  /** As the portal last wrote it. */
  private subscription: LedgerSubscription | null = null;
  private holder: MemorySession | null = null;
  private readonly clock: () => Date;

  constructor(clock: () => Date) {
    this.clock = clock;
  }

  get store(): LedgerStore {
    return this;
  }

  async addUsage(hour: Date, usage: HourUsage): Promise<void> {
    const known = this.hours.get(hour.getTime()) ?? { requests: 0, bytes: 0, tokens: 0 };
    this.hours.set(hour.getTime(), {
      requests: known.requests + usage.requests,
      bytes: known.bytes + usage.bytes,
      tokens: known.tokens + usage.tokens,
    });
  }

  async addStorage(day: Date, use: DayUse): Promise<void> {
    const known = this.days.get(day.getTime()) ?? { peakBytes: 0, writes: 0, reads: 0 };
    this.days.set(day.getTime(), {
      peakBytes: Math.max(known.peakBytes, use.peakBytes),
      writes: known.writes + use.writes,
      reads: known.reads + use.reads,
    });
  }

  async putSubscription(subscription: LedgerSubscription): Promise<void> {
    this.subscription = subscription;
  }

  async addAdjustment(meter: MeterName, periodStart: Date, quantity: number): Promise<void> {
    this.adjustments.push({ meter, periodStart, quantity, by: "operator" });
  }

  async dropLock(): Promise<void> {
    if (this.holder) this.holder.isDead = true;
    this.holder = null;
  }

  async read() {
    return { periods: this.periods, pushes: this.pushes, adjustments: this.adjustments };
  }

  async listDue(): Promise<string[]> {
    return [this.tenantId];
  }

  async oldestPending(): Promise<Date | null> {
    return this.pushes.find((push) => push.state === "pending")?.eventTime ?? null;
  }

  async withTenant<T>(
    _tenantId: string,
    waitMs: number,
    work: (session: LedgerSession) => Promise<T>,
  ): Promise<{ result: T } | null> {
    for (let turn = 0; this.holder !== null; turn++) {
      if (turn * 100 >= waitMs) return null;
      await Promise.resolve();
    }
    const session = new MemorySession(this, {
      now: this.clock,
      subscription: () => this.subscription,
      periods: this.periods,
      pushes: this.pushes,
      adjustments: this.adjustments,
    });
    this.holder = session;
    try {
      return { result: await work(session) };
    } finally {
      if (this.holder === session) this.holder = null;
    }
  }

  async getTotals(from: Date, to: Date): Promise<MeterTotals> {
    const [start, end] = [from.getTime(), to.getTime()];
    const used = { requests: 0, bytes: 0, tokens: 0, storage: 0, writes: 0, reads: 0 };
    for (const [hour, usage] of this.hours) {
      if (hour < start || hour >= end) continue;
      used.requests += usage.requests;
      used.bytes += usage.bytes;
      used.tokens += usage.tokens;
    }
    for (const [day, use] of this.days) {
      if (day < start || day >= end) continue;
      used.storage += Math.ceil(use.peakBytes / 1_000_000);
      used.writes += use.writes;
      used.reads += use.reads;
    }
    const adjusted = (meter: MeterName) =>
      this.adjustments
        .filter((each) => each.meter === meter && each.periodStart >= from && each.periodStart < to)
        .reduce((sum, each) => sum + each.quantity, 0);
    const counted: MeterTotals = {
      requests: used.requests,
      megabytes: Math.floor(used.bytes / 1_000_000),
      tokens: used.tokens,
      storage: used.storage,
      storage_writes: used.writes,
      storage_reads: used.reads,
    };
    return eachMeter((meter) => counted[meter] + adjusted(meter));
  }
}

interface Tables {
  readonly now: () => Date;
  readonly subscription: () => LedgerSubscription | null;
  readonly periods: MeterPeriod[];
  readonly pushes: RecordedPush[];
  readonly adjustments: RecordedAdjustment[];
}

class MemorySession implements LedgerSession {
  /** Its connection is gone. */
  isDead = false;
  private readonly ledger: MemoryLedger;
  private readonly tables: Tables;

  constructor(ledger: MemoryLedger, tables: Tables) {
    this.ledger = ledger;
    this.tables = tables;
  }

  private async call<T>(work: () => T): Promise<T> {
    if (this.isDead) throw new Error("the connection is gone");
    return work();
  }

  async now(): Promise<Date> {
    return this.tables.now();
  }

  listSubscriptions(): Promise<LedgerSubscription[]> {
    return this.call(() => {
      const row = this.tables.subscription();
      return row === null ? [] : [row];
    });
  }

  listPeriods(): Promise<MeterPeriod[]> {
    return this.call(() =>
      this.tables.periods
        .map((period) => ({ ...period }))
        .sort((a, b) => a.start.getTime() - b.start.getTime()),
    );
  }

  putPeriod(period: Omit<MeterPeriod, "billed">): Promise<void> {
    return this.call(() => {
      const index = this.indexOf(period);
      if (index < 0) this.tables.periods.push({ ...period, billed: null });
      else if (this.tables.periods[index]!.billed === null)
        this.tables.periods[index] = {
          ...this.tables.periods[index]!,
          end: period.end,
          isTrial: period.isTrial,
          plan: period.plan,
          latestInvoiceId: period.latestInvoiceId,
        };
    });
  }

  closePeriod(period: MeterPeriod, _invoiceId: string | null, billed: MeterTotals): Promise<void> {
    return this.call(() => {
      const index = this.indexOf(period);
      const known = this.tables.periods[index]!;
      if (known.billed === null) this.tables.periods[index] = { ...known, billed };
    });
  }

  getTotals(period: Pick<MeterPeriod, "start" | "end">): Promise<MeterTotals> {
    return this.call(() => null).then(() => this.ledger.getTotals(period.start, period.end));
  }

  getHistory(period: MeterPeriod, meter: MeterName) {
    return this.call(() => {
      const all = this.tables.pushes.filter((push) => push.meter === meter);
      const own = all.filter(
        (push) =>
          push.subscriptionId === period.subscriptionId &&
          push.periodStart.getTime() === period.start.getTime(),
      );
      const counted = all
        .filter((push) => push.state !== "rejected")
        .filter(({ eventTime }) => eventTime >= period.start && eventTime < period.end)
        .sort((a, b) => a.eventTime.getTime() - b.eventTime.getTime());
      return {
        newest: own.at(-1) ?? null,
        counted: counted.at(-1) ?? null,
        pending: own.findLast((push) => push.state === "pending") ?? null,
      };
    });
  }

  addPush(period: MeterPeriod, meter: MeterName, push: NewPush): Promise<MeterPush> {
    return this.call(() => {
      if (this.tables.pushes.some((each) => each.identifier === push.identifier))
        throw new Error(`duplicate key: ${push.identifier}`);
      const stored: RecordedPush = {
        ...push,
        id: this.tables.pushes.length + 1,
        state: "pending",
        attempts: 0,
        settledAt: null,
        subscriptionId: period.subscriptionId,
        meter,
        periodStart: period.start,
      };
      this.tables.pushes.push(stored);
      return stored;
    });
  }

  countAttempt(push: MeterPush): Promise<MeterPush> {
    return this.call(() => this.change(push, (known) => ({ ...known, attempts: known.attempts + 1 })));
  }

  async settlePush(
    push: MeterPush,
    state: "accepted" | "rejected" | "review",
    _error: string | null,
    at: Date,
  ): Promise<void> {
    await this.call(() =>
      this.change(push, (known) => (known.state === "pending" ? { ...known, state, settledAt: at } : known)),
    );
  }

  async notePushError(): Promise<void> {
    await this.call(() => undefined);
  }

  carry(from: MeterPeriod, to: Date, quantities: Partial<MeterTotals>): Promise<void> {
    return this.call(() => {
      for (const meter of meterNames) {
        const quantity = quantities[meter] ?? 0;
        if (quantity === 0) continue;
        this.tables.adjustments.push({ meter, periodStart: from.start, quantity: -quantity, by: "ledger" });
        this.tables.adjustments.push({ meter, periodStart: to, quantity, by: "ledger" });
      }
    });
  }

  raiseIncident(): Promise<void> {
    return this.call(() => undefined);
  }

  private indexOf(period: Pick<MeterPeriod, "subscriptionId" | "start">): number {
    return this.tables.periods.findIndex(
      (each) =>
        each.subscriptionId === period.subscriptionId && each.start.getTime() === period.start.getTime(),
    );
  }

  private change(push: MeterPush, to: (known: RecordedPush) => RecordedPush): RecordedPush {
    const index = push.id - 1;
    const changed = to(this.tables.pushes[index]!);
    this.tables.pushes[index] = changed;
    return changed;
  }
}
