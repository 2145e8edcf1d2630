import * as z from "zod";
import type { NoticeDeps } from "../dunning/index.ts";
import { defineTask, type Task } from "../jobs/index.ts";
import { sendBudgetAlerts } from "./alerts.ts";

/** Looks every minute which budgets have passed a mark. */
export function budgetAlertsTask(deps: NoticeDeps): Task<object> {
  return defineTask({
    name: "budget_alerts",
    payload: z.object({}),
    cron: "* * * * *",
    // The next minute is a new try.
    maxAttempts: 1,
    async run() {
      const mails = await sendBudgetAlerts(deps);
      return mails > 0 ? { mails } : undefined;
    },
  });
}
