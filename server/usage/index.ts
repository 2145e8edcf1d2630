export { applyUsageBatch } from "./apply-batch.ts";
export { nextRecordOf } from "./next-record.ts";
export {
  type MissingRecords,
  type PlainRows,
  type PlainSum,
  type UsageBatch,
  UsageBatchRefused,
  type UsageRecord,
  type UsageTokens,
} from "./types.ts";
