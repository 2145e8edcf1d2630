export { apiKindOf } from "./api-kind.ts";
export { withIncludeUsage } from "./include-usage.ts";
export { UsageMeter } from "./usage-meter.ts";
export { UsageStripper } from "./usage-stripper.ts";
