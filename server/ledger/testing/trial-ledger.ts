import type { MeterName } from "../../../db/schema/index.ts";
import type { MeterTotals } from "../../pricing/index.ts";
import type { LedgerSession, LedgerStore, LedgerSubscription, MeterPeriod, MeterPush } from "../store.ts";

export interface HourUsage {
  readonly requests: number;
  readonly bytes: number;
  readonly tokens: number;
}

/** What a bucket held and was asked on a day. */
export interface DayUse {
  readonly peakBytes: number;
  readonly writes: number;
  readonly reads: number;
}

export interface RecordedAdjustment {
  readonly meter: MeterName;
  readonly periodStart: Date;
  readonly quantity: number;
  readonly by: "ledger" | "operator";
}

export interface RecordedPush extends MeterPush {
  readonly subscriptionId: string;
  readonly meter: MeterName;
  readonly periodStart: Date;
}

/** Where a trial keeps its tenant's ledger, with what a trial does and sees behind the ledger's back. */
export interface TrialLedger {
  readonly tenantId: string;
  readonly store: LedgerStore;
  addUsage(hour: Date, usage: HourUsage): Promise<void>;
  /** More became known of a day: a larger peak, further operations. */
  addStorage(day: Date, use: DayUse): Promise<void>;
  putSubscription(subscription: LedgerSubscription): Promise<void>;
  /** As an operator makes one. */
  addAdjustment(meter: MeterName, periodStart: Date, quantity: number): Promise<void>;
  /** The connection that holds the tenant's lock is cut. */
  dropLock(): Promise<void>;
  getTotals(from: Date, to: Date): Promise<MeterTotals>;
  read(): Promise<{
    readonly periods: readonly MeterPeriod[];
    readonly pushes: readonly RecordedPush[];
    readonly adjustments: readonly RecordedAdjustment[];
  }>;
}

/** Around every call of a session `step` is asked; once it has thrown, the process is dead and no call works any more. */
export function withSteps(store: LedgerStore, step: () => Promise<void>): LedgerStore {
  return {
    listDue: (scope) => store.listDue(scope),
    oldestPending: () => store.oldestPending(),
    withTenant: (tenantId, waitMs, work) =>
      store.withTenant(tenantId, waitMs, (session) => work(stepped(session, step))),
  };
}

function stepped(session: LedgerSession, step: () => Promise<void>): LedgerSession {
  let dead: Error | null = null;
  const look = async () => {
    if (dead) throw dead;
    try {
      await step();
    } catch (error) {
      dead = error as Error;
      throw error;
    }
  };
  return new Proxy(session, {
    get(target, name) {
      const method = Reflect.get(target, name) as (...args: unknown[]) => Promise<unknown>;
      return async (...args: unknown[]) => {
        await look();
        const result = await method.apply(target, args);
        await look();
        return result;
      };
    },
  });
}
