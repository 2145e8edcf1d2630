import { sql } from "kysely";
import { expect, test, vi } from "vitest";
import * as z from "zod";
import { inTransaction } from "../../db/client.ts";
import { createTestDb } from "../../db/testing/index.ts";
import { defineTask, enqueue, type Task } from "./index.ts";
import { runJobs } from "./testing.ts";

const { db, url } = await createTestDb();
let made = 0;

/** A task of a name of its own that notes each run, after what it was told to do. */
function makeTask(work: (n: number) => Promise<void> | void = () => undefined) {
  const ran: number[] = [];
  const task: Task<{ n: number }> = defineTask({
    name: `test_${made++}`,
    payload: z.object({ n: z.number() }),
    async run({ n }) {
      ran.push(n);
      await work(n);
      return { n };
    },
  });
  return { task, ran };
}

test("a job exists when its transaction commits, and else never did", async () => {
  const { task, ran } = makeTask();
  await runJobs(url, [task]);
  const broken = inTransaction(db, async (tx) => {
    await enqueue(tx, task, { n: 1 });
    throw new Error("rolled back");
  });
  await expect(broken).rejects.toThrow("rolled back");
  await inTransaction(db, (tx) => enqueue(tx, task, { n: 2 }));
  await vi.waitFor(() => expect(ran).toEqual([2]));
});

test("portals share the work: each job is done by one of them", async () => {
  const { task, ran } = makeTask();
  await Promise.all([runJobs(url, [task]), runJobs(url, [task]), runJobs(url, [task])]);
  const numbers = Array.from({ length: 60 }, (_, n) => n);
  await Promise.all(numbers.map((n) => enqueue(db, task, { n })));
  await vi.waitFor(() => expect(ran).toHaveLength(60), 10_000);
  expect(ran.toSorted((a, b) => a - b)).toEqual(numbers);
});

test("jobs of one queue never run at the same time, and one of a key replaces the one that waits", async () => {
  let running = 0;
  let most = 0;
  const { task, ran } = makeTask(async () => {
    most = Math.max(most, ++running);
    await sql`select pg_sleep(0.01)`.execute(db);
    running--;
  });
  for (let n = 0; n < 8; n++) await enqueue(db, task, { n }, { queue: "one" });
  for (let n = 8; n < 12; n++) await enqueue(db, task, { n }, { queue: "one", key: "same" });
  await Promise.all([runJobs(url, [task]), runJobs(url, [task])]);
  await vi.waitFor(() => expect(ran).toHaveLength(9), 10_000);
  expect(ran.at(-1)).toBe(11);
  expect(most).toBe(1);
});

test("a job that is asked for in the moment in which a worker takes the one before of its key is made all the same", async () => {
  const { task } = makeTask();
  // Makes the tables; nobody works on this task.
  await runJobs(url, [makeTask().task]);
  await enqueue(db, task, { n: 1 }, { key: "taken" });
  let asked: Promise<void> | undefined;
  await inTransaction(db, async (worker) => {
    await sql`
      update graphile_worker._private_jobs set locked_at = now(), locked_by = 'a worker' where key = 'taken'`.execute(
      worker,
    );
    asked = enqueue(db, task, { n: 2 }, { key: "taken" });
    await vi.waitFor(async () => {
      const { rows } = await sql`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
        db,
      );
      expect(rows).toHaveLength(1);
    });
  });
  await asked;
  const { rows } = await sql`
    select (payload ->> 'n')::int as n, key, locked_at is not null as taken
    from graphile_worker._private_jobs
    where task_id = (select id from graphile_worker._private_tasks where identifier = ${task.name})
    order by id`.execute(db);
  expect(rows).toEqual([
    { n: 1, key: null, taken: true },
    { n: 2, key: "taken", taken: false },
  ]);
});

test("a failure is logged and counted, and the job is tried again later", async () => {
  let failures = 1;
  const { task, ran } = makeTask(() => {
    if (failures-- > 0) throw new Error("Stripe is away");
  });
  const { lines, registry } = await runJobs(url, [task]);
  await enqueue(db, task, { n: 7 });
  await vi.waitFor(() => expect(lines).toContainEqual(expect.objectContaining({ level: "error" })));
  expect(lines.find(({ level }) => level === "error")).toMatchObject({
    message: "job failed, will be tried again",
    job: task.name,
    attempt: 1,
    maxAttempts: 25,
  });
  const waiting = sql<{ seconds: number }>`
    select extract(epoch from run_at - now())::float as seconds from graphile_worker.jobs
    where task_identifier = ${task.name}`;
  const seconds = await vi.waitFor(async () => {
    const { rows } = await waiting.execute(db);
    expect(rows[0]!.seconds).toBeGreaterThan(0);
    return rows[0]!.seconds;
  });
  expect(seconds).toBeLessThan(5);
  await vi.waitFor(() => expect(ran).toEqual([7, 7]), 8_000);
  const metrics = await registry.metrics();
  expect(metrics).toContain(`hotspot_jobs_total{task="${task.name}",outcome="failed"} 1`);
  expect(metrics).toContain(`hotspot_jobs_total{task="${task.name}",outcome="done"} 1`);
});

test("stopping waits for the job under way and takes no other", async () => {
  const gate = Promise.withResolvers<void>();
  const { task, ran } = makeTask(() => gate.promise);
  const jobs = await runJobs(url, [task]);
  await enqueue(db, task, { n: 1 }, { queue: "stop" });
  await enqueue(db, task, { n: 2 }, { queue: "stop" });
  await vi.waitFor(() => expect(ran).toEqual([1]));
  let stopped = false;
  const stopping = jobs.stop().then(() => {
    stopped = true;
  });
  await sql`select pg_sleep(0.1)`.execute(db);
  expect(stopped).toBe(false);
  gate.resolve();
  await stopping;
  expect(ran).toEqual([1]);
  const { rows } = await sql`select 1 from graphile_worker.jobs where task_identifier = ${task.name}`.execute(
    db,
  );
  expect(rows).toHaveLength(1);
});

test("what a killed worker held is done by the next portal at once, not after hours", async () => {
  const { task, ran } = makeTask();
  await enqueue(db, task, { n: 3 }, { queue: "killed" });
  await sql`
    update graphile_worker._private_jobs set locked_at = now() - interval '3 seconds', locked_by = 'worker-that-died', attempts = 1
    where task_id = (select id from graphile_worker._private_tasks where identifier = ${task.name})`.execute(
    db,
  );
  await sql`
    update graphile_worker._private_job_queues set locked_at = now() - interval '3 seconds', locked_by = 'worker-that-died'
    where queue_name = 'killed'`.execute(db);
  const { lines } = await runJobs(url, [task]);
  // The library looks for jobs every two seconds.
  await vi.waitFor(() => expect(ran).toEqual([3]), 5_000);
  expect(lines).toContainEqual({
    level: "warn",
    message: "took over the jobs of workers that died",
    workers: 1,
  });
});

test("a live worker keeps its jobs however often another portal looks", async () => {
  const gate = Promise.withResolvers<void>();
  const { task, ran } = makeTask(() => gate.promise);
  await runJobs(url, [task]);
  await enqueue(db, task, { n: 4 });
  await vi.waitFor(() => expect(ran).toEqual([4]));
  const second = await runJobs(url, [task]);
  expect(second.lines.filter(({ level }) => level === "warn")).toEqual([]);
  gate.resolve();
  expect(ran).toEqual([4]);
});

test("a task that has a time and is wanted at the start is done then, once for portals that start together", async () => {
  const ran: string[] = [];
  const gate = Promise.withResolvers<void>();
  const chore = defineTask({
    name: "test_chore",
    payload: z.object({}),
    cron: "0 3 * * *",
    atStart: true,
    async run() {
      ran.push("chore");
      await gate.promise;
      return undefined;
    },
  });
  await runJobs(url, [chore]);
  await vi.waitFor(() => expect(ran).toEqual(["chore"]));
  gate.resolve();
  const { rows } = await sql<{ identifier: string }>`
    select identifier from graphile_worker._private_known_crontabs where identifier = 'test_chore'`.execute(
    db,
  );
  expect(rows).toHaveLength(1);
});
