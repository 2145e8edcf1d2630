import { sql } from "kysely";
import type { Db } from "../../../db/client.ts";

/**
 * Runs `work` while nobody else works on this hub. The lock belongs to the connection that `work` gets, so it is gone the moment that
 * the process dies; and who has lost it cannot store anything either.
 *
 * @param db the pool
 * @returns null: somebody else has it
 */
export function withHubLock<T>(db: Db, hubPk: string, work: (db: Db) => Promise<T>): Promise<T | null> {
  const key = sql`hashtextextended(${`hotspot:hub:${hubPk}`}, 0)`;
  return db.connection().execute(async (connection) => {
    // A portal whose machine vanished: Postgres notices after half a minute instead of hours.
    await sql`select set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),
      set_config('tcp_keepalives_count', '4', false)`.execute(connection);
    const { rows } = await sql<{ held: boolean }>`select pg_try_advisory_lock(${key}) as held`.execute(
      connection,
    );
    if (!rows[0]!.held) return null;
    try {
      return await work(connection);
    } finally {
      await sql`select pg_advisory_unlock(${key})`.execute(connection);
    }
  });
}
