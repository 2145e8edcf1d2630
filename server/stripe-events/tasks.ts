import * as z from "zod";
import { defineTask, type Task } from "../jobs/index.ts";
import { pollEvents } from "./poll.ts";
import { sweepSubscriptions } from "./sweep.ts";
import { purgeEvents, resumeForgottenEvents } from "./upkeep.ts";
import { type WorkDeps, workTask } from "./work.ts";

export interface StripeEventsDeps extends WorkDeps {
  /** Whether a signing secret is set: without one Stripe is asked every two minutes. */
  readonly hasWebhook: boolean;
}

/** All work that events of Stripe make, and what stands in for them when they do not come. */
// biome-ignore lint/suspicious/noExplicitAny: tasks of all payloads in one list
export function stripeEventTasks(deps: StripeEventsDeps): Task<any>[] {
  const { db, hasWebhook } = deps;
  const timed = (name: string, cron: string, work: () => Promise<number>, atStart = false) =>
    defineTask({
      name,
      payload: z.object({}),
      cron,
      atStart,
      maxAttempts: 3,
      async run() {
        const count = await work();
        return count > 0 ? { count } : undefined;
      },
    });
  return [
    workTask(deps),
    timed("stripe_poll", hasWebhook ? "*/15 * * * *" : "*/2 * * * *", () => pollEvents(deps), true),
    timed("stripe_sweep", "17 3 * * *", () => sweepSubscriptions(deps)),
    timed("stripe_resume", "*/5 * * * *", () => resumeForgottenEvents(db), true),
    timed("stripe_purge", "47 3 * * *", () => purgeEvents(db)),
  ];
}
