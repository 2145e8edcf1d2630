import { createHash } from "node:crypto";
import { sql } from "kysely";
import type { Db } from "../../db/client.ts";
import { newId } from "../ids.ts";
import { isDefinite } from "./stripe-errors.ts";

/** Stripe remembers an idempotency key for 24 h at least; an older order is another one. */
const REMEMBERED = sql`interval '23 hours'`;

/**
 * Asks Stripe for something once, under a key that is written down first. When nobody hears the answer (a crash, a cut
 * connection), the next call for the same asks with the same key, and Stripe gives the answer that it gave.
 *
 * Callers hold the tenant's lock.
 *
 * @param order `what` stands for all that is asked for; another `what` is another order
 * @param ask gets the idempotency key
 */
export async function placeOrder<T>(
  db: Db,
  order: { readonly tenantId: string; readonly action: string; readonly what: unknown },
  ask: (idempotencyKey: string) => Promise<T>,
): Promise<T> {
  const intent = createHash("sha256").update(JSON.stringify(order.what)).digest("hex");
  const id = await findOrMake(db, { ...order, intent });
  let settled = true;
  try {
    return await ask(`hotspot-${order.action}-${id}`);
  } catch (error) {
    settled = isDefinite(error);
    throw error;
  } finally {
    if (settled) {
      await db.updateTable("billing_orders").set({ settled_at: sql`now()` }).where("id", "=", id).execute();
    }
  }
}

async function findOrMake(
  db: Db,
  { tenantId, action, intent }: { tenantId: string; action: string; intent: string },
): Promise<string> {
  // What Stripe has forgotten cannot be asked for again under the same key.
  await db
    .updateTable("billing_orders")
    .set({ settled_at: sql`now()` })
    .where("tenant_id", "=", tenantId)
    .where("settled_at", "is", null)
    .where("created_at", "<", sql<Date>`now() - ${REMEMBERED}`)
    .execute();
  const unsettled = await db
    .selectFrom("billing_orders")
    .select("id")
    .where("tenant_id", "=", tenantId)
    .where("action", "=", action)
    .where("intent", "=", intent)
    .where("settled_at", "is", null)
    .executeTakeFirst();
  if (unsettled) return unsettled.id;
  const id = newId("ord");
  await db.insertInto("billing_orders").values({ id, tenant_id: tenantId, action, intent }).execute();
  return id;
}
