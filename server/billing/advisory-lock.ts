import { sql } from "kysely";
import type { Db } from "../../db/client.ts";

/** Work under way in this process, by lock: who waits here holds no connection meanwhile. */
const underWay = new Map<string, Promise<unknown>>();

/**
 * Runs `work` while no other process of the installation runs work under the same name, and one after the other in this
 * one. The lock belongs to a connection of its own that `work` gets: what is written through it is written at once,
 * whatever Stripe answers later. Not reentrant.
 *
 * @param db the pool; a transaction cannot hold such a lock
 */
export async function withAdvisoryLock<T>(db: Db, name: string, work: (db: Db) => Promise<T>): Promise<T> {
  const before = underWay.get(name);
  const mine = (async () => {
    // How the one before ended is its own caller's matter.
    await before?.then(
      () => undefined,
      () => undefined,
    );
    return db.connection().execute(async (connection) => {
      await sql`select pg_advisory_lock(hashtextextended(${name}, 0))`.execute(connection);
      try {
        return await work(connection);
      } finally {
        await sql`select pg_advisory_unlock(hashtextextended(${name}, 0))`.execute(connection);
      }
    });
  })();
  underWay.set(name, mine);
  try {
    return await mine;
  } finally {
    if (underWay.get(name) === mine) underWay.delete(name);
  }
}

/** Everything that changes a tenant's subscription happens one after the other. */
export function withTenantLock<T>(db: Db, tenantId: string, work: (db: Db) => Promise<T>): Promise<T> {
  return withAdvisoryLock(db, `hotspot:billing:tenant:${tenantId}`, work);
}
