import * as z from "zod";
import { defineTask, type Task } from "../jobs/index.ts";
import { type DunningDeps, runAllDunning } from "./run.ts";

/** The clock of missing payments: looks every minute for what is due. */
export function dunningTask(deps: DunningDeps): Task<object> {
  return defineTask({
    name: "dunning",
    payload: z.object({}),
    cron: "* * * * *",
    // The next minute is a new try.
    maxAttempts: 1,
    async run() {
      const { paused, mails } = await runAllDunning(deps);
      return paused + mails > 0 ? { paused, mails } : undefined;
    },
  });
}
