import { sql } from "kysely";
import type { Stripe } from "stripe";
import type { Db } from "../../db/client.ts";
import { enqueueWork } from "./work-kind.ts";

/** A subscription that nobody has read for longer is read, whatever Stripe says of it. */
const OLD_HOURS = 20;

/**
 * Finds customers whose state here may not be Stripe's, and asks for them to be read: subscriptions that we do not have
 * or have otherwise, and living ones that were not read for a day. For every night.
 *
 * @returns how many customers are read anew
 */
export async function sweepSubscriptions({ db, stripe }: { db: Db; stripe: Stripe }): Promise<number> {
  const rows = await db.selectFrom("subscriptions").select(["id", "status"]).execute();
  const known = new Map(rows.map(({ id, status }) => [id, status]));
  const doubtful = new Set<string>();
  for await (const { id, status, customer } of stripe.subscriptions.list({ status: "all", limit: 100 })) {
    const customerId = typeof customer === "string" ? customer : customer.id;
    if (known.get(id) !== status) doubtful.add(customerId);
  }
  const old = await db
    .selectFrom("subscriptions")
    .select("stripe_customer_id")
    .distinct()
    .where("status", "not in", ["canceled", "incomplete_expired"])
    .where("synced_at", "<", sql<Date>`now() - make_interval(hours => ${OLD_HOURS})`)
    .execute();
  for (const { stripe_customer_id } of old) doubtful.add(stripe_customer_id);
  for (const customerId of doubtful) await enqueueWork(db, customerId);
  return doubtful.size;
}
