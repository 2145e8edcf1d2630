export { createJobMetrics } from "./job-metrics.ts";
export { type RunningJobs, startJobs } from "./start.ts";
export { defineTask, enqueue, type Task, type TaskKind } from "./task.ts";
