import type { Stripe } from "stripe";
import type { Db } from "../../db/client.ts";
import { deleteExpired, deleteOldLimits } from "../auth/index.ts";
import { ensureMissingCustomers } from "../billing/index.ts";
import { purgeConnectors } from "../connectors/index.ts";
import { purgeRateLimits } from "../limits/index.ts";
import { purgeRequests, type RequestArchive } from "../requests/index.ts";

/** One thing that is done from time to time; gives how much there was to do. Can be repeated at any time. */
export type Chore = () => Promise<number>;

export interface HousekeepingDeps {
  readonly db: Db;
  /** null: rows past their time are deleted without a copy. */
  readonly archive: RequestArchive | null;
  /** null: Stripe is off. */
  readonly stripe: Stripe | null;
}

interface HousekeepingLog {
  info(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the portal does every hour. */
export function housekeepingChores({ db, archive, stripe }: HousekeepingDeps): Record<string, Chore> {
  return {
    expired_sessions: () => deleteExpired(db),
    auth_limits: () => deleteOldLimits(db),
    rate_limits: () => purgeRateLimits(db),
    connectors: () => purgeConnectors(db),
    requests: () => purgeRequests(db, { archive }),
    ...(stripe && { missing_customers: () => ensureMissingCustomers({ db, stripe }) }),
  };
}

/** Does every chore once, one after the other. One that fails is logged and does not keep the others from their turn. */
export async function runChores(
  chores: Readonly<Record<string, Chore>>,
  log: HousekeepingLog,
): Promise<void> {
  for (const [job, work] of Object.entries(chores)) {
    try {
      const count = await work();
      if (count > 0) log.info({ job, count }, "job done");
    } catch (err) {
      log.error({ job, err }, "job failed");
    }
  }
}

/**
 * Runs the chores now and then every `everyMs`. Several portals may do them together.
 * @returns ends it, after a round that is under way
 */
export function startHousekeeping(
  chores: Readonly<Record<string, Chore>>,
  { everyMs = 3_600_000, log }: { everyMs?: number; log: HousekeepingLog },
): () => Promise<void> {
  let running = runChores(chores, log);
  const timer = setInterval(() => {
    running = running.then(() => runChores(chores, log));
  }, everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
