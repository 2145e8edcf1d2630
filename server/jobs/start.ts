import { EventEmitter } from "node:events";
import { Logger, parseCronItems, type Runner, run, type WorkerEvents } from "graphile-worker";
import pg from "pg";
import type { JobMetrics } from "./job-metrics.ts";
import { type Lifeline, openLifeline, releaseJobsOfTheDead } from "./lifeline.ts";
import { migrateJobs } from "./migrate.ts";
import type { Task } from "./task.ts";
import { toTaskList } from "./task-list.ts";

/** The little of a logger that jobs need; pino fits. */
export interface JobLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface JobsOptions {
  readonly databaseUrl: string;
  // biome-ignore lint/suspicious/noExplicitAny: tasks of all payloads in one list
  readonly tasks: readonly Task<any>[];
  readonly log: JobLog;
  readonly metrics: JobMetrics;
  /** Jobs at once in this process. */
  readonly concurrency?: number;
}

export interface RunningJobs {
  /** Resolves when jobs are being done for the first time. */
  readonly started: Promise<void>;
  /** Takes no new job and waits for those under way; past {@link STOP_MS} they are given back. Idempotent. */
  stop(): Promise<void>;
}

/** Milliseconds that jobs under way may still take: a call to Stripe, or a mail with its retries. */
const STOP_MS = 15_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
/** A portal that is killed: its jobs are taken over after this long, at most. */
const LOOK_FOR_DEAD_MS = 10_000;

/**
 * Does jobs in this process, for as long as it lives: makes the tables, then listens for jobs and keeps the timetable.
 * Several portals share the work; each job and each turn of the timetable is done by one of them. Does not need the
 * database to be there yet, and comes back by itself when it was away.
 */
export function startJobs(options: JobsOptions): RunningJobs {
  const { log } = options;
  const stopping = new AbortController();
  const { promise: started, resolve: noteStarted } = Promise.withResolvers<void>();
  let retryMs = FIRST_RETRY_MS;

  const running = (async () => {
    while (!stopping.signal.aborted) {
      try {
        await runUntilItEnds(options, stopping.signal, () => {
          retryMs = FIRST_RETRY_MS;
          noteStarted();
        });
      } catch (err) {
        log.warn({ err, retryMs }, "jobs stand still");
      }
      if (!stopping.signal.aborted) await pause(retryMs, stopping.signal);
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    }
  })();
  return {
    started,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

async function runUntilItEnds(
  options: JobsOptions,
  stopping: AbortSignal,
  onStarted: () => void,
): Promise<void> {
  const { databaseUrl, tasks, log, concurrency = 4 } = options;
  const logger = new Logger(
    (scope) => (level, message, meta) => relayLog(log, level, message, { ...scope, ...meta }),
  );
  // One listens; the others fetch and finish jobs. Tasks use the portal's own pool.
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 4,
    application_name: "hotspot-jobs",
    connectionTimeoutMillis: 10_000,
  });
  const onBroken = (err: Error) => log.warn({ err }, "lost a database connection of the jobs");
  pool.on("error", onBroken);
  pool.on("connect", (client) => client.on("error", onBroken));
  const ending = new AbortController();
  const end = () => ending.abort();
  stopping.addEventListener("abort", end, { once: true });
  let lifeline: Lifeline | undefined;
  let lookForDead: NodeJS.Timeout | undefined;
  try {
    const held = await openLifeline(databaseUrl, (err) => {
      log.warn({ err }, "lost the connection that holds the workers' locks");
      end();
    });
    lifeline = held;
    await migrateJobs(pool, logger);
    if (stopping.aborted) return;
    const events: WorkerEvents = new EventEmitter();
    events.on("pool:create", ({ workerPool }) => {
      held.hold(workerPool.id).catch((err) => log.warn({ err }, "the workers' lock could not be taken"));
    });
    const runner = await run({
      pgPool: pool,
      concurrency,
      noHandleSignals: true,
      events,
      logger,
      taskList: toTaskList(options),
      parsedCronItems: timetable(tasks),
    });
    const stop = () => void stopRunner(runner, log);
    ending.signal.addEventListener("abort", stop, { once: true });
    if (ending.signal.aborted) stop();
    const look = () =>
      releaseJobsOfTheDead(pool).then(
        (workers) => workers > 0 && log.warn({ workers }, "took over the jobs of workers that died"),
        (err) => log.warn({ err }, "could not look for workers that died"),
      );
    await look();
    lookForDead = setInterval(look, LOOK_FOR_DEAD_MS);
    for (const task of tasks) {
      if (task.atStart && !ending.signal.aborted)
        await runner.addJob(task.name, {}, { jobKey: task.name, ...maxAttemptsOf(task) });
    }
    onStarted();
    await runner.promise;
  } finally {
    stopping.removeEventListener("abort", end);
    clearInterval(lookForDead);
    // A runner that still runs here failed to start fully.
    end();
    await lifeline?.end().catch((err) => log.warn({ err }, "lifeline did not close"));
    await pool.end();
  }
}

function timetable(tasks: JobsOptions["tasks"]) {
  return parseCronItems(
    tasks.flatMap((task) =>
      task.cron === undefined
        ? []
        : [{ task: task.name, match: task.cron, options: { jobKey: task.name, ...maxAttemptsOf(task) } }],
    ),
  );
}

function maxAttemptsOf(task: Task): { maxAttempts?: number } {
  return task.maxAttempts === undefined ? {} : { maxAttempts: task.maxAttempts };
}

async function stopRunner(runner: Runner, log: JobLog): Promise<void> {
  const timer = setTimeout(() => {
    log.warn({}, "jobs under way are given back");
    runner.kill("out of time").catch((err) => log.warn({ err }, "jobs did not stop"));
  }, STOP_MS);
  await runner.stop().catch((err) => log.warn({ err }, "jobs did not stop cleanly"));
  clearTimeout(timer);
}

/** The library's own lines; what becomes of a job we tell ourselves, with its task and try. */
function relayLog(log: JobLog, level: string, message: string, fields: object): void {
  if (/^(?:Failed|Completed|Found) task/.test(message)) return;
  if (level === "error" || level === "warning") log.warn({ ...fields, detail: message }, "job runner");
  else log.debug({ ...fields, detail: message }, "job runner");
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish, { once: true });
    function finish() {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      done();
    }
  });
}
