export { sumBucketDays } from "./bucket-days.ts";
export { checkLedger } from "./check/index.ts";
export { createLedger, type LedgerDeps, type LedgerLog } from "./deps.ts";
export { type PushReport, pushDueMeters, pushFinal } from "./push-due.ts";
export { recordAdjustment } from "./record-adjustment.ts";
export { createStripeGateway } from "./stripe-gateway.ts";
export { getPeriodTotals, type PeriodTotals } from "./totals.ts";
