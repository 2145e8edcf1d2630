import type { JobHelpers } from "graphile-worker";
import type { JobsOptions } from "./start.ts";

/** Wraps each task: payload checked, time and outcome counted, failure logged and thrown on, so that it is tried again. */
export function toTaskList({ tasks, log, metrics }: JobsOptions) {
  return Object.fromEntries(
    tasks.map((task) => [
      task.name,
      async (payload: unknown, { job, abortSignal }: JobHelpers) => {
        const startedAt = performance.now();
        const seconds = () => (performance.now() - startedAt) / 1_000;
        const attempt = job.attempts;
        try {
          const told = await task.run(task.payload.parse(payload), { attempt, signal: abortSignal });
          metrics.observe({ task: task.name, outcome: "done", seconds: seconds() });
          const fields = { job: task.name, durationMs: Math.round(seconds() * 1_000), ...told };
          log[told ? "info" : "debug"](fields, "job done");
        } catch (err) {
          const last = attempt >= job.max_attempts;
          metrics.observe({ task: task.name, outcome: last ? "given_up" : "failed", seconds: seconds() });
          const fields = { job: task.name, jobId: job.id, attempt, maxAttempts: job.max_attempts, err };
          if (last) log.error(fields, "job given up");
          else log.error(fields, "job failed, will be tried again");
          throw err;
        }
      },
    ]),
  );
}
