export { createStripeEventMetrics, type StripeEventMetrics } from "./event-metrics.ts";
export { type ReceiveDeps, receiveWebhook } from "./receive.ts";
export { stripeEventTasks } from "./tasks.ts";
export type { WebhookRoute } from "./verify.ts";
