import { runMigrations } from "graphile-worker";
import type pg from "pg";

/** Any number that no other lock of ours has. */
const MIGRATION_LOCK = 718_290;

/** Makes or updates the tables of jobs. Portals that start together wait for each other. */
export async function migrateJobs(
  pool: pg.Pool,
  logger: Parameters<typeof runMigrations>[0]["logger"],
): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await runMigrations({ pgPool: pool, ...(logger && { logger }) });
  } finally {
    // The lock goes with its connection, also when the unlock could not be sent.
    const unlocked = await client.query("select pg_advisory_unlock($1)", [MIGRATION_LOCK]).then(
      () => true,
      () => false,
    );
    client.release(!unlocked);
  }
}
