import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import { enqueueWork, workKey } from "./work-kind.ts";

/** Days that a worked-off event is kept, for questions; Stripe itself keeps them as long. */
const KEPT_DAYS = 30;

/** @returns how many were deleted */
export async function purgeEvents(db: Db): Promise<number> {
  const result = await db
    .deleteFrom("stripe_events")
    .where("processed_at", "<", sql<Date>`now() - make_interval(days => ${KEPT_DAYS})`)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

/**
 * Asks again for the work of events that wait and have no job: somebody emptied the tables of jobs, or restored half a
 * backup. An event whose job waits for its next try is left alone.
 *
 * @returns how many customers had such events
 */
export async function resumeForgottenEvents(db: Db): Promise<number> {
  const { rows: waiting } = await sql<{ customer_id: string | null }>`
    select distinct customer_id from stripe_events
    where processed_at is null and received_at < now() - interval '1 minute'`.execute(db);
  if (waiting.length === 0) return 0;
  const { rows: jobs } = await sql<{ key: string }>`
    select key from graphile_worker.jobs where key like 'stripe:%'`.execute(db);
  const keys = new Set(jobs.map(({ key }) => key));
  const forgotten = waiting.filter(({ customer_id }) => !keys.has(workKey(customer_id)));
  for (const { customer_id } of forgotten) await enqueueWork(db, customer_id);
  return forgotten.length;
}
