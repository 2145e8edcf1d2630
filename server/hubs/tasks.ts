import * as z from "zod";
import { defineTask, type Task } from "../jobs/index.ts";
import { type HubWork, wakeDueHubs, workOnHub } from "./provision/work.ts";
import { reconcileHubs } from "./reconcile/reconcile.ts";
import { noteSilentHubs, purgeHubEvents } from "./silence.ts";
import { hubWorkKind } from "./task-kinds.ts";

/** What is looked after with and without Managed Cloudflare: hubs that are silent, and old history. */
export function hubWatchTasks({ db, settings }: Pick<HubWork, "db" | "settings">): Task<object>[] {
  return [
    defineTask({
      name: "hubs_silent",
      payload: z.object({}),
      cron: "* * * * *",
      maxAttempts: 1,
      async run() {
        const silent = await noteSilentHubs(db, settings);
        return silent > 0 ? { silent } : undefined;
      },
    }),
    defineTask({
      name: "hub_events",
      payload: z.object({}),
      cron: "17 4 * * *",
      maxAttempts: 3,
      async run() {
        const purged = await purgeHubEvents(db);
        return purged > 0 ? { purged } : undefined;
      },
    }),
  ];
}

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
      name: "hubs_reconcile",
      payload: z.object({}),
      cron: "*/15 * * * *",
      // The next round is a new try.
      maxAttempts: 1,
      async run() {
        const found = await reconcileHubs(work);
        return found.removed + found.missing + found.left > 0 ? found : undefined;
      },
    }),
    defineTask({
      name: "managed_cloudflare_check",
      payload: z.object({}),
      cron: "*/10 * * * *",
      maxAttempts: 1,
      async run() {
        const { problems } = await work.cloudflare.check();
        return problems.length > 0 ? { problems } : undefined;
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
