export { applyUsageBatch } from "./apply-batch.ts";
export {
  type MissingRecords,
  type UsageBatch,
  UsageBatchRefused,
  type UsageRecord,
  type UsageTokens,
} from "./types.ts";
