import { Counter, Gauge, type Registry } from "prom-client";
import type { Db } from "../../db/client.ts";
import type { Brake, CallOutcome } from "../cloudflare/index.ts";

/** What becomes of calls to Cloudflare. @returns counts one */
export function createCallMetrics(
  registry: Registry,
  brake: Brake,
): (operation: string, outcome: CallOutcome) => void {
  const calls = new Counter({
    name: "hotspot_cloudflare_calls_total",
    help: "Calls to Cloudflare's API, by operation and outcome",
    labelNames: ["operation", "outcome"],
    registers: [registry],
  });
  new Gauge({
    name: "hotspot_cloudflare_brake_seconds",
    help: "How long no call goes to Cloudflare, because it said so or our limit is used up",
    registers: [registry],
    collect() {
      this.set(brake.blockedMs() / 1_000);
    },
  });
  new Gauge({
    name: "hotspot_cloudflare_window_calls",
    help: "Calls of this process in the last five minutes, of the 1,200 that Cloudflare grants all together",
    registers: [registry],
    collect() {
      this.set(brake.used());
    },
  });
  return (operation, outcome) => calls.inc({ operation, outcome });
}

/** How hubs stand, read when somebody asks for the metrics. @param problem what keeps Managed Cloudflare from working */
export function registerHubMetrics(registry: Registry, db: Db, problem: () => string | null): void {
  new Gauge({
    name: "hotspot_hubs",
    help: "Managed hubs by state and health",
    labelNames: ["state", "health"],
    registers: [registry],
    async collect() {
      const rows = await db
        .selectFrom("hubs")
        .select(["state", "health"])
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .where("mode", "=", "managed")
        .where("removed_at", "is", null)
        .groupBy(["state", "health"])
        .execute();
      this.reset();
      for (const { state, health, count } of rows) this.set({ state, health: health ?? "unknown" }, count);
    },
  });
  new Gauge({
    name: "hotspot_hubs_held_up",
    help: "Hubs whose work fails at the moment",
    labelNames: ["code"],
    registers: [registry],
    async collect() {
      const rows = await db
        .selectFrom("hubs")
        .select("failure_code")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .where("failure_code", "is not", null)
        .groupBy("failure_code")
        .execute();
      this.reset();
      for (const { failure_code, count } of rows) this.set({ code: failure_code! }, count);
    },
  });
  new Gauge({
    name: "hotspot_managed_cloudflare_ready",
    help: "1 when the operator's Cloudflare token was seen to be valid and to have its permissions",
    registers: [registry],
    collect() {
      this.set(problem() === null ? 1 : 0);
    },
  });
}
