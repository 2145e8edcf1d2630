import { Registry } from "prom-client";
import { onTestFinished } from "vitest";
import { createJobMetrics } from "./job-metrics.ts";
import { type RunningJobs, startJobs } from "./start.ts";
import type { Task } from "./task.ts";

/** A line that jobs logged. */
export interface JobLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** Does jobs in this test, as a portal would, until the test is over; keeps what is logged and counted. */
export async function runJobs(
  databaseUrl: string,
  // biome-ignore lint/suspicious/noExplicitAny: tasks of all payloads in one list
  tasks: readonly Task<any>[],
): Promise<RunningJobs & { lines: JobLine[]; registry: Registry }> {
  const lines: JobLine[] = [];
  const write = (level: string) => (fields: object, message: string) =>
    void lines.push({ ...fields, level, message });
  const log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const registry = new Registry();
  const jobs = startJobs({ databaseUrl, tasks, log, metrics: createJobMetrics(registry) });
  // Not later: it would take over what the next test leaves behind.
  onTestFinished(() => jobs.stop());
  await jobs.started;
  return { ...jobs, lines, registry };
}
