import * as z from "zod";
import { defineTask, type Task } from "../jobs/index.ts";
import { keepVault, type VaultDeps } from "./upkeep.ts";

/** Moves what is sealed to the keys that seal now: at start, so that a new master key is in use soon, and every night. */
export function vaultUpkeepTask(deps: VaultDeps): Task<object> {
  return defineTask({
    name: "vault_upkeep",
    payload: z.object({}),
    cron: "41 3 * * *",
    atStart: true,
    maxAttempts: 3,
    async run() {
      const done = await keepVault(deps);
      return Object.values(done).some((count) => count > 0) ? done : undefined;
    },
  });
}
