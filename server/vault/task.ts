import { defineTask, type Task } from "../jobs/index.ts";
import { upkeepKind } from "./task-kind.ts";
import { keepVault, type VaultDeps } from "./upkeep.ts";

/** Moves what is sealed to the keys that seal now: at start, so that a new master key is in use soon, and every night. */
export function vaultUpkeepTask(deps: VaultDeps): Task<object> {
  return defineTask({
    ...upkeepKind,
    cron: "41 3 * * *",
    atStart: true,
    async run() {
      const done = await keepVault(deps);
      return Object.values(done).some((count) => count > 0) ? done : undefined;
    },
  });
}
