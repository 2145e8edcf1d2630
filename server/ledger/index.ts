export { createLedger, type LedgerDeps, type LedgerLog } from "./deps.ts";
export { type PushReport, pushDueMeters, pushFinal } from "./push-due.ts";
export { recordAdjustment } from "./record-adjustment.ts";
export { getPeriodTotals, type PeriodTotals } from "./totals.ts";
