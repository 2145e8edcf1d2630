import { type RawBuilder, sql } from "kysely";
import type * as z from "zod";
import type { Db } from "../../db/client.ts";

/** What a task is given beside its payload. */
export interface TaskRun {
  /** 1 for the first try. */
  readonly attempt: number;
  /** Aborts when the process stops and the task has had its time: what is not done then is tried again. */
  readonly signal: AbortSignal;
}

/** What somebody must know of a task to ask for it. */
export interface TaskKind<Payload = unknown> {
  /** Stable: jobs in the database carry it. */
  readonly name: string;
  readonly payload: z.ZodType<Payload>;
  /** Tries before it is given up; by default 25, which is about three days. */
  readonly maxAttempts?: number;
}

/** A kind of timed or queued work: its name, what it is told, and the verb that does it. */
export interface Task<Payload = unknown> extends TaskKind<Payload> {
  /** Five fields, UTC; absent: only when somebody asks for it. */
  readonly cron?: string;
  /** Does it once also when a process starts. */
  readonly atStart?: boolean;
  /** May be done twice: a process can die between the work and the note that it is done. Gives what is worth logging. */
  run(payload: Payload, run: TaskRun): Promise<object | undefined>;
}

/** Names the type of a task's payload once, in its schema. */
export function defineTask<Payload>(task: Task<Payload>): Task<Payload> {
  return task;
}

export interface EnqueueOptions {
  /** Jobs of one queue run one after the other, over all portals. */
  readonly queue?: string;
  /** A job of this key that still waits is replaced; one that is running is followed by the new one. */
  readonly key?: string;
  /** Not before; by default at once. */
  readonly runAt?: Date;
}

/** Each finds that a worker has taken the job of the key meanwhile. */
const MAX_TRIES = 10;

/**
 * Adds a job. Inside a transaction it exists when that commits, or never. Any process may add; the portals do the work.
 * The tables of jobs must be there: {@link startJobs} makes them.
 */
export async function enqueue<Payload>(
  db: Db,
  task: TaskKind<Payload>,
  payload: Payload,
  { queue, key, runAt }: EnqueueOptions = {},
): Promise<void> {
  const add = sql<{ id: string | null }>`
    select id from graphile_worker.add_job(
      ${task.name},
      payload => ${JSON.stringify(task.payload.parse(payload))}::json,
      queue_name => ${orNull(queue)},
      run_at => ${orNull(runAt?.toISOString())}::timestamptz,
      max_attempts => ${task.maxAttempts === undefined ? sql`null` : sql`${task.maxAttempts}::int`},
      job_key => ${orNull(key)}
    )`;
  // A job of this key that a worker takes in the same moment is neither replaced nor left: nothing is added then, and the
  // worker may have looked already. Asked again, its lock is seen, and a new job is made.
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { rows } = await add.execute(db);
    if (rows[0]?.id != null) return;
  }
  throw new Error(`a job "${task.name}" could not be added`);
}

function orNull(value: string | undefined): RawBuilder<unknown> {
  return value === undefined ? sql`null` : sql`${value}`;
}
