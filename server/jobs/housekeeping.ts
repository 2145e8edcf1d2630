import type { Stripe } from "stripe";
import type { Db } from "../../db/client.ts";
import { ensureMissingCustomers } from "../billing/index.ts";
import { purgeConnectors } from "../connectors/index.ts";
import { purgeRateLimits } from "../limits/index.ts";
import { purgeRequests, type RequestArchive } from "../requests/index.ts";

export interface HousekeepingDeps {
  readonly db: Db;
  /** null: rows past their time are deleted without a copy. */
  readonly archive: RequestArchive | null;
  /** null: Stripe is off. */
  readonly stripe: Stripe | null;
  readonly log: {
    info(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
}

const INTERVAL_MS = 3_600_000;

/** Does every chore once. One that fails is logged and does not keep the others from their turn. */
export async function runHousekeeping(deps: HousekeepingDeps): Promise<void> {
  const { db, archive, stripe, log } = deps;
  const chores: [string, () => Promise<number>][] = [
    ["purge_requests", () => purgeRequests(db, { archive })],
    ["purge_connectors", () => purgeConnectors(db)],
    ["purge_rate_limits", () => purgeRateLimits(db)],
    ...(stripe
      ? [
          ["missing_customers", () => ensureMissingCustomers({ db, stripe })] as [
            string,
            () => Promise<number>,
          ],
        ]
      : []),
  ];
  for (const [job, work] of chores) {
    try {
      log.info({ job, count: await work() }, "job done");
    } catch (err) {
      log.error({ job, err }, "job failed");
    }
  }
}

/**
 * Runs the chores every hour, from a random moment in the first hour on, so that several portals do not run them
 * together (they may: each chore can be repeated).
 */
export function startHousekeeping(deps: HousekeepingDeps): { stop(): Promise<void> } {
  let running = Promise.resolve();
  let timer: NodeJS.Timeout;
  const plan = (ms: number) => {
    timer = setTimeout(() => {
      running = runHousekeeping(deps);
      plan(INTERVAL_MS);
    }, ms);
    timer.unref();
  };
  plan(Math.random() * INTERVAL_MS);
  return {
    async stop() {
      clearTimeout(timer);
      await running;
    },
  };
}
