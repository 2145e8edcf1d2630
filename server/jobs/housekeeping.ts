import type { Stripe } from "stripe";
import * as z from "zod";
import type { Db } from "../../db/client.ts";
import { deleteExpired, deleteOldLimits } from "../auth/index.ts";
import { ensureMissingCustomers } from "../billing/index.ts";
import { purgeConnectors } from "../connectors/index.ts";
import { purgeRateLimits } from "../limits/index.ts";
import { purgeRequests, type RequestArchive } from "../requests/index.ts";
import { defineTask, type Task } from "./task.ts";

/** One thing that is done from time to time; gives how much there was to do. Can be repeated at any time. */
type Chore = () => Promise<number>;

export interface HousekeepingDeps {
  readonly db: Db;
  /** null: rows past their time are deleted without a copy. */
  readonly archive: RequestArchive | null;
  /** null: Stripe is off. */
  readonly stripe: Stripe | null;
}

/** What the portals do every hour, and when one starts. A chore that fails does not keep the others from their turn. */
export function housekeepingTasks({ db, archive, stripe }: HousekeepingDeps): Task<object>[] {
  const chores: Record<string, Chore> = {
    expired_sessions: () => deleteExpired(db),
    auth_limits: () => deleteOldLimits(db),
    rate_limits: () => purgeRateLimits(db),
    connectors: () => purgeConnectors(db),
    requests: () => purgeRequests(db, { archive }),
    ...(stripe && { missing_customers: () => ensureMissingCustomers({ db, stripe }) }),
  };
  return Object.entries(chores).map(([name, work], index) =>
    defineTask({
      name,
      payload: z.object({}),
      // Not all in the same minute.
      cron: `${index} * * * *`,
      atStart: true,
      // The next hour is a new try.
      maxAttempts: 3,
      async run() {
        const count = await work();
        return count > 0 ? { count } : undefined;
      },
    }),
  );
}
