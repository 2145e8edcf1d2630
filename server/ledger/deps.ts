import { setTimeout as delay } from "node:timers/promises";
import type { Stripe } from "stripe";
import type { Db } from "../../db/client.ts";
import type { StripeGateway } from "./gateway.ts";
import { createPostgresStore } from "./postgres-store.ts";
import type { LedgerStore } from "./store.ts";
import { createStripeGateway } from "./stripe-gateway.ts";

export interface LedgerLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface LedgerDeps {
  readonly store: LedgerStore;
  readonly gateway: StripeGateway;
  readonly log: LedgerLog;
  delay(ms: number): Promise<unknown>;
  /** 0 to 1. */
  random(): number;
  /** Tenants at once. Each holds a Postgres connection meanwhile. */
  readonly workers: number;
  /** Whether a pause of `ms` still fits before the work has to stop. */
  hasTime(ms: number): boolean;
}

/**
 * The ledger on Postgres and Stripe.
 * @param db the pool, never an open transaction: what is recorded must stay even if what follows fails
 * @param clock for tests; without it Postgres says what time it is, the same for every relay
 */
export function createLedger(
  db: Db,
  stripe: Stripe,
  log: LedgerLog,
  options: { clock?: () => Date; workers?: number; hasTime?: (ms: number) => boolean } = {},
): LedgerDeps {
  return {
    store: createPostgresStore(db, options.clock),
    gateway: createStripeGateway(stripe),
    log,
    delay: (ms) => delay(ms),
    random: Math.random,
    workers: options.workers ?? 1,
    hasTime: options.hasTime ?? (() => true),
  };
}
