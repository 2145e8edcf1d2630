import { Counter, type Registry } from "prom-client";
import type { Db } from "../../db/client.ts";
import { bucketUseTask } from "../hub-usage/index.ts";
import type { HubDeps } from "../hubs/index.ts";
import type { Task } from "../jobs/index.ts";
import type { Logger } from "../log.ts";

/** The work that reads what buckets used; none without a Cloudflare account. */
export function bucketUseTasks(given: {
  cloudflare: HubDeps["cloudflare"];
  db: Db;
  log: Logger;
  registry: Registry;
}): Task<object>[] {
  const { cloudflare, db, log, registry } = given;
  if (cloudflare === null) return [];
  const fetches = new Counter({
    name: "hotspot_bucket_use_fetches_total",
    help: "Days of backup buckets that Cloudflare was asked about, by outcome; lost: never asked while it knew",
    labelNames: ["outcome"],
    registers: [registry],
  });
  const count = (outcome: string) => fetches.inc({ outcome });
  return [bucketUseTask({ db, readUse: cloudflare.readUse, log, count })];
}
