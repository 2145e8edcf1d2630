import type { MeterName, PlanName } from "../../db/schema/index.ts";
import type { MeterTotals } from "../pricing/index.ts";

/** A subscription as its row, or a fresh read from Stripe, has it. */
export interface LedgerSubscription {
  readonly subscriptionId: string;
  readonly stripeCustomerId: string;
  readonly status: string;
  readonly plan: PlanName | null;
  readonly periodStart: Date;
  readonly periodEnd: Date;
  readonly trialEnd: Date | null;
  readonly endedAt: Date | null;
  readonly createdAt: Date;
  readonly latestInvoiceId: string | null;
}

/**
 * A billing period of a subscription, named by the subscription and its start; where the plan changed within one, the part
 * before or after: Stripe charges for each by itself, and counts from its start.
 */
export interface MeterPeriod {
  readonly subscriptionId: string;
  readonly stripeCustomerId: string;
  readonly start: Date;
  readonly end: Date;
  readonly plan: PlanName | null;
  /** The subscription's newest invoice when it was last looked at. */
  readonly latestInvoiceId: string | null;
  /** Its usage is free of charge and is not reported. */
  readonly isTrial: boolean;
  /** Quantities of the final invoice; null: not closed yet. */
  readonly billed: MeterTotals | null;
}

/** One report of one meter to Stripe. */
export interface MeterPush {
  readonly id: number;
  /** 1, 2, 3 … within subscription, meter and period; the end of the identifier. */
  readonly ordinal: number;
  readonly value: number;
  readonly eventTime: Date;
  readonly identifier: string;
  readonly state: "pending" | "accepted" | "rejected" | "review";
  readonly attempts: number;
  readonly settledAt: Date | null;
}

export type NewPush = Pick<MeterPush, "ordinal" | "value" | "eventTime" | "identifier">;

/** What is known of one meter in one period. */
export interface MeterHistory {
  /** Its outcome is unknown. There is never more than one. */
  readonly pending: MeterPush | null;
  /** Of all that Stripe has, or may have, for times in the period, the last by time: what `last` aggregation counts. */
  readonly counted: MeterPush | null;
  /** The last one of all. */
  readonly newest: MeterPush | null;
}

/** Where the ledger is kept. Postgres in the product; a copy in memory in trials, with the same promises. */
export interface LedgerStore {
  /** Tenants with something to report, to close or to carry over. */
  listDue(scope: "all" | "near_end"): Promise<string[]>;
  /**
   * Does `work` while nobody else works on the tenant, on whatever machine.
   * @returns null when somebody else did for all of `waitMs`
   */
  withTenant<T>(
    tenantId: string,
    waitMs: number,
    work: (session: LedgerSession) => Promise<T>,
  ): Promise<{ result: T } | null>;
  /** When the oldest push without a known outcome was recorded. */
  oldestPending(): Promise<Date | null>;
}

/** The ledger of one tenant, while its lock is held. Each call is written when it returns. */
export interface LedgerSession {
  /** One clock for all relays. */
  now(): Promise<Date>;
  /** Those that live, and those that ended after `endedSince`; oldest first. Never one that has not begun. */
  listSubscriptions(endedSince: Date): Promise<LedgerSubscription[]>;
  /** Open ones, those closed after `closedSince` and those with a push of unknown outcome; oldest first. */
  listPeriods(closedSince: Date): Promise<MeterPeriod[]>;
  /** Writes a period that is not known yet, or the new end of one that is open. */
  putPeriod(period: Omit<MeterPeriod, "billed">): Promise<void>;
  closePeriod(period: MeterPeriod, invoiceId: string | null, billed: MeterTotals, at: Date): Promise<void>;
  /** Usage of the hours that start in the period, and its adjustments. */
  getTotals(period: Pick<MeterPeriod, "start" | "end">): Promise<MeterTotals>;
  getHistory(period: MeterPeriod, meter: MeterName): Promise<MeterHistory>;
  /** @throws when the identifier is taken: somebody else held the lock too */
  addPush(period: MeterPeriod, meter: MeterName, push: NewPush): Promise<MeterPush>;
  /** @returns the push with one more attempt; written before Stripe is asked */
  countAttempt(push: MeterPush): Promise<MeterPush>;
  settlePush(
    push: MeterPush,
    state: "accepted" | "rejected" | "review",
    error: string | null,
    at: Date,
  ): Promise<void>;
  /** It stays pending. */
  notePushError(push: MeterPush, error: string): Promise<void>;
  /** Takes quantities out of one period and adds them at `to`: both or neither. */
  carry(from: MeterPeriod, to: Date, quantities: Partial<MeterTotals>, reason: string): Promise<void>;
  /** Once per kind and object. */
  raiseIncident(kind: string, objectId: string, detail: Record<string, unknown>): Promise<void>;
}
