import type { Db } from "../../db/client.ts";
import type { PortalEnv } from "../env.ts";
import {
  createManagedCloudflare,
  type HubDeps,
  hubSealedColumns,
  hubSettings,
  hubTasks,
} from "../hubs/index.ts";
import type { Task } from "../jobs/index.ts";
import type { Logger } from "../log.ts";
import { createLocalKeyService, createTenantVault, vaultUpkeepTask } from "../vault/index.ts";

/** What hubs need of the portal, and the work that they bring. */
export function createHubs(given: {
  env: Pick<PortalEnv, "managedCloudflare" | "sealingKeys">;
  db: Db;
  log: Logger;
}): {
  hubs: HubDeps;
  // biome-ignore lint/suspicious/noExplicitAny: tasks of all payloads in one list
  hubTasks: Task<any>[];
  /** Looks at the operator's token and says in the log what is missing. */
  checkCloudflare(): Promise<void>;
} {
  const { env, db, log } = given;
  const keys = env.sealingKeys && createLocalKeyService(env.sealingKeys);
  const vault = keys && createTenantVault(keys);
  const vaultTasks = keys && vault ? [vaultUpkeepTask({ db, keys, vault, sealed: hubSealedColumns })] : [];
  const settings = hubSettings;
  if (env.managedCloudflare.kind === "off" || !vault) {
    return {
      hubs: { vault, cloudflare: null, settings },
      hubTasks: vaultTasks,
      checkCloudflare: async () => undefined,
    };
  }
  const cloudflare = createManagedCloudflare(env.managedCloudflare);
  return {
    hubs: { vault, cloudflare, settings },
    hubTasks: [...vaultTasks, ...hubTasks({ db, cloudflare, vault, settings, log })],
    async checkCloudflare() {
      const { problems, unknown } = await cloudflare.check();
      if (problems.length === 0) log.info({}, "managed Cloudflare is ready");
      else log[unknown ? "warn" : "error"]({ problems }, "managed Cloudflare is not ready");
    },
  };
}
