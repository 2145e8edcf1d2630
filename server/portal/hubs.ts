import type { Registry } from "prom-client";
import type { Db } from "../../db/client.ts";
import { createBrake } from "../cloudflare/index.ts";
import type { PortalEnv } from "../env.ts";
import {
  createCallMetrics,
  createManagedCloudflare,
  type HubDeps,
  hubSettings,
  hubTasks,
  hubWatchTasks,
  registerHubMetrics,
  sealedHubColumns,
} from "../hubs/index.ts";
import type { Task } from "../jobs/index.ts";
import type { Logger } from "../log.ts";
import { createLocalKeyService, createTenantVault, vaultUpkeepTask } from "../vault/index.ts";

interface Given {
  readonly env: Pick<PortalEnv, "managedCloudflare" | "sealingKeys">;
  readonly db: Db;
  readonly log: Logger;
  readonly registry: Registry;
}

interface Hubs {
  readonly hubs: HubDeps;
  // biome-ignore lint/suspicious/noExplicitAny: tasks of all payloads in one list
  readonly hubTasks: Task<any>[];
  /** Looks at the operator's token and says in the log what is missing. */
  checkCloudflare(): Promise<void>;
}

/** What hubs need of the portal, and the work that they bring. */
export function createHubs(given: Given): Hubs {
  const { env, db, log, registry } = given;
  const settings = hubSettings;
  const watching = hubWatchTasks({ db, settings });
  if (!env.sealingKeys) {
    const hubs = { vault: null, cloudflare: null, settings };
    return { hubs, hubTasks: watching, checkCloudflare: async () => undefined };
  }
  const keys = createLocalKeyService(env.sealingKeys);
  const vault = createTenantVault(keys);
  const always = [...watching, vaultUpkeepTask({ db, keys, vault, sealed: sealedHubColumns })];
  if (env.managedCloudflare.kind === "off") {
    const hubs = { vault, cloudflare: null, settings };
    return { hubs, hubTasks: always, checkCloudflare: async () => undefined };
  }
  const brake = createBrake();
  const onCall = createCallMetrics(registry, brake);
  const cloudflare = createManagedCloudflare(env.managedCloudflare, { brake, onCall });
  registerHubMetrics(registry, db, cloudflare.problem);
  return {
    hubs: { vault, cloudflare, settings },
    hubTasks: [...always, ...hubTasks({ db, cloudflare, vault, settings, log })],
    async checkCloudflare() {
      const { problems, unknown } = await cloudflare.check();
      if (problems.length === 0) log.info({}, "managed Cloudflare is ready");
      else log[unknown ? "warn" : "error"]({ problems }, "managed Cloudflare is not ready");
    },
  };
}
