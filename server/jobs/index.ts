export { createJobMetrics } from "./job-metrics.ts";
export { type RunningJobs, startJobs } from "./start.ts";
export { defineTask, enqueue, type Task } from "./task.ts";
