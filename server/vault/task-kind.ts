import * as z from "zod";
import type { TaskKind } from "../jobs/index.ts";

/** The job that moves what is sealed to the keys that seal now. */
export const upkeepKind: TaskKind<object> = {
  name: "vault_upkeep",
  payload: z.object({}),
  maxAttempts: 3,
};
