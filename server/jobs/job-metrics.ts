import { Counter, Histogram, type Registry } from "prom-client";

/** `failed` is tried again, `given_up` is not. */
export type JobOutcome = "done" | "failed" | "given_up";

export interface JobMetrics {
  observe(job: { task: string; outcome: JobOutcome; seconds: number }): void;
}

/** Numbers about jobs; labels are the names of tasks, of which there are few. */
export function createJobMetrics(registry: Registry): JobMetrics {
  const count = new Counter({
    name: "hotspot_jobs_total",
    help: "Jobs that ended, by task and outcome",
    labelNames: ["task", "outcome"],
    registers: [registry],
  });
  const duration = new Histogram({
    name: "hotspot_job_duration_seconds",
    help: "Time that a job took, however it ended",
    labelNames: ["task"],
    buckets: [0.01, 0.05, 0.25, 1, 5, 30, 120, 600],
    registers: [registry],
  });
  return {
    observe({ task, outcome, seconds }) {
      count.inc({ task, outcome });
      duration.observe({ task }, seconds);
    },
  };
}
