import pg from "pg";

/** First half of the advisory locks that say that a worker lives; any number that nobody else uses. */
const LOCK_CLASS = 718_291;

/** A connection that stands for the life of this process's workers. */
export interface Lifeline {
  /** @param workerId what locks of jobs are marked with */
  hold(workerId: string): Promise<void>;
  end(): Promise<void>;
}

/**
 * A job that runs is locked by its worker, and the library lets go of a lock only after four hours: too long for the
 * events of a payment. So the workers of a process hold an advisory lock for as long as it has a connection, and whose
 * lock is free is dead.
 *
 * @param onLost the connection broke: others may now do our jobs a second time, which they bear
 */
export async function openLifeline(databaseUrl: string, onLost: (error: Error) => void): Promise<Lifeline> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: "hotspot-jobs-alive",
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  client.on("error", onLost);
  await client.connect();
  return {
    async hold(workerId) {
      await client.query("select pg_advisory_lock($1, hashtext($2))", [LOCK_CLASS, workerId]);
    },
    end: () => client.end(),
  };
}

/**
 * Gives the jobs of workers that died back to those who live. Must run on another connection than the lifeline.
 * @returns how many workers were found dead
 */
export async function releaseJobsOfTheDead(pool: pg.Pool): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query("begin");
    const { rows } = await client.query<{ id: string }>(
      `with held as materialized (
         select locked_by as id from (
           select locked_by, locked_at from graphile_worker._private_jobs where locked_by is not null
           union all
           select locked_by, locked_at from graphile_worker._private_job_queues where locked_by is not null
         ) as locked
         group by locked_by
         -- Workers that are just starting may have a job before they have their lock.
         having min(locked_at) < now() - interval '2 seconds'
       )
       select id from held where pg_try_advisory_xact_lock($1, hashtext(id))`,
      [LOCK_CLASS],
    );
    if (rows.length > 0) {
      await client.query("select graphile_worker.force_unlock_workers($1::text[])", [
        rows.map(({ id }) => id),
      ]);
    }
    await client.query("commit");
    return rows.length;
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}
