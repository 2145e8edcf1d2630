import type { MeterName } from "../../../db/schema/index.ts";
import { type MeterTotals, meterNames } from "../../pricing/index.ts";
import type {
  LedgerSession,
  LedgerStore,
  LedgerSubscription,
  MeterPeriod,
  MeterPush,
  NewPush,
} from "../store.ts";

interface StoredPush extends MeterPush {
  readonly subscriptionId: string;
  readonly meter: MeterName;
  readonly periodStart: number;
}

export interface MemoryAdjustment {
  readonly meter: MeterName;
  readonly periodStart: Date;
  readonly quantity: number;
  readonly by: "ledger" | "operator";
}

/** The ledger of one tenant in memory, with the promises of the one in Postgres: each call is kept, the lock is one's own. */
export class MemoryStore implements LedgerStore {
  readonly hours = new Map<number, { requests: number; bytes: number; tokens: number }>();
  readonly adjustments: MemoryAdjustment[] = [];
  readonly pushes: StoredPush[] = [];
  readonly periods: (MeterPeriod & { invoiceId: string | null })[] = [];
  readonly incidents = new Map<string, Record<string, unknown>>();
  /** As the portal last wrote them. */
  subscriptions: LedgerSubscription[] = [];
  /** The session that holds the lock. */
  holder: MemorySession | null = null;
  readonly now: () => Date;
  /** Called around every call of a session; throws when the process dies there. */
  readonly step: (session: MemorySession) => Promise<void>;

  constructor(now: () => Date, step: (session: MemorySession) => Promise<void>) {
    this.now = now;
    this.step = step;
  }

  async listDue(): Promise<string[]> {
    return this.subscriptions.length > 0 ? ["ten_1"] : [];
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
    const session = new MemorySession(this);
    this.holder = session;
    try {
      return { result: await work(session) };
    } finally {
      if (this.holder === session) this.holder = null;
    }
  }

  totals(start: number, end: number): MeterTotals {
    const used = { requests: 0, bytes: 0, tokens: 0 };
    for (const [hour, usage] of this.hours) {
      if (hour < start || hour >= end) continue;
      used.requests += usage.requests;
      used.bytes += usage.bytes;
      used.tokens += usage.tokens;
    }
    const adjusted = (meter: MeterName) =>
      this.adjustments
        .filter((each) => each.meter === meter)
        .filter(({ periodStart }) => periodStart.getTime() >= start && periodStart.getTime() < end)
        .reduce((sum, each) => sum + each.quantity, 0);
    return {
      requests: used.requests + adjusted("requests"),
      megabytes: Math.floor(used.bytes / 1_000_000) + adjusted("megabytes"),
      tokens: used.tokens + adjusted("tokens"),
    };
  }
}

export class MemorySession implements LedgerSession {
  /** Its process died, or its connection. */
  isDead = false;
  private readonly store: MemoryStore;

  constructor(store: MemoryStore) {
    this.store = store;
  }

  private async call<T>(work: () => T): Promise<T> {
    await this.store.step(this);
    const result = work();
    await this.store.step(this);
    return result;
  }

  async now(): Promise<Date> {
    return this.store.now();
  }

  listSubscriptions(): Promise<LedgerSubscription[]> {
    return this.call(() => [...this.store.subscriptions]);
  }

  listPeriods(): Promise<MeterPeriod[]> {
    return this.call(() =>
      this.store.periods
        .map((period) => ({ ...period }))
        .sort((a, b) => a.start.getTime() - b.start.getTime()),
    );
  }

  putPeriod(period: Omit<MeterPeriod, "billed">): Promise<void> {
    return this.call(() => {
      const index = this.indexOf(period);
      if (index < 0) this.store.periods.push({ ...period, billed: null, invoiceId: null });
      else if (this.store.periods[index]!.billed === null)
        this.store.periods[index] = {
          ...this.store.periods[index]!,
          end: period.end,
          isTrial: period.isTrial,
        };
    });
  }

  closePeriod(period: MeterPeriod, invoiceId: string | null, billed: MeterTotals): Promise<void> {
    return this.call(() => {
      const index = this.indexOf(period);
      const known = this.store.periods[index]!;
      if (known.billed === null) this.store.periods[index] = { ...known, invoiceId, billed };
    });
  }

  getTotals(period: Pick<MeterPeriod, "start" | "end">): Promise<MeterTotals> {
    return this.call(() => this.store.totals(period.start.getTime(), period.end.getTime()));
  }

  getHistory(period: MeterPeriod, meter: MeterName) {
    return this.call(() => {
      const own = this.store.pushes.filter(
        (push) =>
          push.meter === meter &&
          push.subscriptionId === period.subscriptionId &&
          push.periodStart === period.start.getTime(),
      );
      return {
        newest: own.at(-1) ?? null,
        counted: own.findLast((push) => push.state !== "rejected") ?? null,
        pending: own.findLast((push) => push.state === "pending") ?? null,
      };
    });
  }

  addPush(period: MeterPeriod, meter: MeterName, push: NewPush): Promise<MeterPush> {
    return this.call(() => {
      if (this.store.pushes.some((each) => each.identifier === push.identifier))
        throw new Error(`duplicate key: ${push.identifier}`);
      const stored: StoredPush = {
        ...push,
        id: this.store.pushes.length + 1,
        state: "pending",
        attempts: 0,
        settledAt: null,
        subscriptionId: period.subscriptionId,
        meter,
        periodStart: period.start.getTime(),
      };
      this.store.pushes.push(stored);
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
        this.store.adjustments.push({ meter, periodStart: from.start, quantity: -quantity, by: "ledger" });
        this.store.adjustments.push({ meter, periodStart: to, quantity, by: "ledger" });
      }
    });
  }

  raiseIncident(kind: string, objectId: string, detail: Record<string, unknown>): Promise<void> {
    return this.call(() => void this.store.incidents.set(`${kind} ${objectId}`, detail));
  }

  private indexOf(period: Pick<MeterPeriod, "subscriptionId" | "start">): number {
    return this.store.periods.findIndex(
      (each) =>
        each.subscriptionId === period.subscriptionId && each.start.getTime() === period.start.getTime(),
    );
  }

  private change(push: MeterPush, to: (known: StoredPush) => StoredPush): StoredPush {
    const index = push.id - 1;
    const changed = to(this.store.pushes[index]!);
    this.store.pushes[index] = changed;
    return changed;
  }
}
