import type { ColumnType, Generated } from "kysely";
import type { MeterName } from "./billing.ts";

/** A journal on a relay's disk and how far it has been taken over. */
export interface UsageJournalsTable {
  journal_id: string;
  relay_id: string;
  /** Number of the first record that is not in the database yet. */
  next_seq: ColumnType<number, number | undefined, number>;
  opened_at: Generated<Date>;
  last_batch_at: Date | null;
}

/** One take-over: the records `first_seq` to `last_seq` of a journal, applied in one transaction, once. */
export interface UsageBatchesTable {
  journal_id: string;
  first_seq: number;
  last_seq: number;
  records: number;
  /** Over the records as they stand in the journal; see server/usage. */
  checksum: string;
  applied_at: Generated<Date>;
}

/** Records of a journal that could not be read. */
export interface UsageDamageTable {
  journal_id: string;
  first_seq: number;
  last_seq: number;
  reason: string;
  found_at: Generated<Date>;
}

/** What the roll-ups count. Bytes are bodies, without headers; tokens as `server/usage` counts them. */
interface UsageSums {
  tenant_id: string;
  endpoint_id: string;
  /** Empty when no key was used. */
  access_key_id: string;
  /** Empty when the request was to no model. */
  model: string;
  requests: number;
  /** Of them, with a status of 400 or more. */
  errors: number;
  bytes_in: number;
  bytes_out: number;
  connection_ms: number;
  /** All input, cached or not. */
  input_tokens: number;
  cached_tokens: number;
  cache_write_tokens: number;
  /** All output, reasoning too. */
  output_tokens: number;
  reasoning_tokens: number;
  /** Of input and output, what was estimated by us. */
  estimated_tokens: number;
  /** Requests to a model whose tokens nobody could tell. */
  unmetered_requests: number;
}

/** Sums by hour. */
export interface UsageHourlyTable extends UsageSums {
  hour: Date;
}

/** The same sums by day of UTC; written in the same transaction. */
export interface UsageDailyTable extends UsageSums {
  /** Start of the day. */
  day: Date;
}

/** The same sums by month of UTC; written in the same transaction. */
export interface UsageMonthlyTable extends UsageSums {
  /** Start of the month. */
  month: Date;
}

/** A correction by an operator; part of the period's total. */
export interface UsageAdjustmentsTable {
  id: string;
  tenant_id: string;
  meter: MeterName;
  /** Start of the billing period it belongs to. */
  period_start: Date;
  /** May be negative. */
  quantity: number;
  reason: string;
  created_by: string | null;
  created_at: Generated<Date>;
}
