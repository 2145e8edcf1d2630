import type { Db } from "../../db/client.ts";
import { deleteExpired, deleteOldLimits } from "../auth/index.ts";
import { purgeConnectors } from "../connectors/index.ts";
import { purgeRateLimits } from "../limits/index.ts";
import type { Logger } from "../log.ts";

/** One thing that is cleared away from time to time; gives how much was. */
export type SweepTask = () => Promise<number>;

/**
 * Runs every task now and then every `everyMs`, one after the other. A task that fails is logged and does not stop
 * the others.
 *
 * @returns ends it, after a round that is under way
 */
export function startSweep(
  tasks: Readonly<Record<string, SweepTask>>,
  { everyMs, log }: { everyMs: number; log: Logger },
): () => Promise<void> {
  const round = async () => {
    for (const [task, sweep] of Object.entries(tasks)) {
      try {
        const removed = await sweep();
        if (removed > 0) log.info({ task, removed }, "swept");
      } catch (error) {
        log.warn({ task, err: error }, "sweep failed");
      }
    }
  };
  let running = round();
  const timer = setInterval(() => {
    running = running.then(round);
  }, everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}

/** What the portal clears away. */
export function sweepTasks(db: Db): Record<string, SweepTask> {
  return {
    expiredSessionsAndTokens: () => deleteExpired(db),
    authLimits: () => deleteOldLimits(db),
    rateLimits: () => purgeRateLimits(db),
    connectors: () => purgeConnectors(db),
  };
}
