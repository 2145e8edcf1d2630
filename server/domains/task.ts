import * as z from "zod";
import type { Db } from "../../db/client.ts";
import type { ApiConfig } from "../config.ts";
import { defineTask, type Task } from "../jobs/index.ts";
import { checkDueDomains } from "./check.ts";
import type { DomainDeps } from "./deps.ts";

/** Looks every minute which custom domains are due to be checked. */
export function domainChecksTask(options: {
  db: Db;
  deps: DomainDeps;
  config: ApiConfig;
  log: { warn(fields: object, message: string): void };
}): Task<object> {
  const { db, deps, config, log } = options;
  return defineTask({
    name: "domain_checks",
    payload: z.object({}),
    cron: "* * * * *",
    atStart: true,
    // The next minute is a new try.
    maxAttempts: 1,
    async run() {
      const checked = await checkDueDomains(db, {
        deps,
        config,
        onFailed: (host, err) => log.warn({ err, host }, "custom domain not checked"),
      });
      return checked > 0 ? { checked } : undefined;
    },
  });
}
