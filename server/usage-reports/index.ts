export { getUsageBreakdown } from "./breakdown.ts";
export { getCurrentUsage } from "./current.ts";
export { exportUsage, type UsageExport } from "./export.ts";
export { listUsageRequests } from "./requests.ts";
export { getUsageSeries } from "./series.ts";
export { listStorageDays } from "./storage-days.ts";
