import * as z from "zod";
import { defineTask, type Task } from "../jobs/index.ts";
import { type HubWork, wakeDueHubs, workOnHub } from "./provision/work.ts";
import { hubWorkKind } from "./task-kinds.ts";

/** The work of Managed Cloudflare. */
// biome-ignore lint/suspicious/noExplicitAny: tasks of all payloads in one list
export function hubTasks(work: HubWork): Task<any>[] {
  return [
    defineTask({
      ...hubWorkKind,
      async run({ hubPk }) {
        const steps = await workOnHub(work, hubPk);
        return steps === null || steps.length === 0 ? undefined : { hubPk, steps };
      },
    }),
    defineTask({
      name: "hubs_due",
      payload: z.object({}),
      cron: "* * * * *",
      atStart: true,
      // The next minute is a new try.
      maxAttempts: 1,
      async run() {
        const due = await wakeDueHubs(work.db);
        return due > 0 ? { due } : undefined;
      },
    }),
  ];
}
