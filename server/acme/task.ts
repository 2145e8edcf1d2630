import * as z from "zod";
import type { Tx } from "../../db/client.ts";
import { defineTask, enqueue, type Task, type TaskKind } from "../jobs/index.ts";
import type { CertificateDeps } from "./deps.ts";
import { issueDueCertificates } from "./issue.ts";
import { wantWildcard } from "./office.ts";
import { resealKeys } from "./reseal.ts";

const kind: TaskKind<object> = {
  name: "certificates",
  payload: z.object({}),
  // The next minute is a new try; the pauses between orders are kept in the table.
  maxAttempts: 1,
};

/** Orders at once instead of at the next minute. */
export const wakeCertificates = (tx: Tx): Promise<void> => enqueue(tx, kind, {}, { key: kind.name });

/** Looks every minute which certificates are to be ordered or renewed. @param baseDomain null: no wildcard is wanted */
export function certificatesTask(deps: CertificateDeps, baseDomain: string | null): Task<object> {
  return defineTask({
    ...kind,
    cron: "* * * * *",
    atStart: true,
    async run() {
      if (baseDomain !== null && deps.dns !== null) await wantWildcard(deps.db, baseDomain);
      const resealed = await resealKeys(deps);
      const done = await issueDueCertificates(deps);
      return done.issued + done.failed + resealed > 0 ? { ...done, resealed } : undefined;
    },
  });
}
