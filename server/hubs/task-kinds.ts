import * as z from "zod";
import type { Db } from "../../db/client.ts";
import { enqueue, type TaskKind } from "../jobs/index.ts";

/** Work on one hub: what is wanted of it is made so at Cloudflare. */
export const hubWorkKind: TaskKind<{ hubPk: string }> = {
  name: "hub_work",
  payload: z.object({ hubPk: z.string() }),
};

/** Has somebody look at the hub, at once or at a time. In a transaction: as soon as that commits. */
export function wakeHub(db: Db, hubPk: string, runAt?: Date): Promise<void> {
  return enqueue(
    db,
    hubWorkKind,
    { hubPk },
    { key: `${hubWorkKind.name}:${hubPk}`, ...(runAt && { runAt }) },
  );
}
