import * as z from "zod";
import { meterNames, requestMeterNames } from "../pricing/index.ts";
import { RequestTiming } from "../requests/index.ts";
import { slugInput, timestamp } from "../schemas.ts";
import { type FigureName, figureNames, metricNames } from "./figures.ts";

export const Bucket = z.enum(["hour", "day", "month"]);
export type Bucket = z.infer<typeof Bucket>;
export const GroupBy = z.enum(["endpoint", "access_key", "model"]);
export type GroupBy = z.infer<typeof GroupBy>;
/** What is counted for money. */
export const Meter = z.enum(meterNames);
/** Of it, what requests use. */
export const RequestMeter = z.enum(requestMeterNames);
const Metric = z.enum(metricNames);

const moment = z.string().max(40).describe("ISO 8601, or a date: the start of that day in the time zone");
const timeZone = z.string().max(60).optional().describe("IANA name, UTC when left out");

const rangeInput = {
  from: moment.optional().describe("Included. Start of the billing period when left out"),
  to: moment.optional().describe("Not included. Now when left out"),
  timeZone,
};
const filterInput = {
  slug: slugInput.optional().describe("One endpoint only"),
  accessKeyId: z.string().min(1).max(64).optional().describe("One access key only; (none) for no key"),
  model: z.string().min(1).max(200).optional().describe("One model only; (none) for no model"),
};

/** All figures of one sum. */
export const UsageFigures = z.object(
  Object.fromEntries(figureNames.map((name) => [name, z.number()])) as Record<FigureName, z.ZodNumber>,
);
export type UsageFigures = z.infer<typeof UsageFigures>;

/** What a sum is about. `filter` is the value that asks for it alone. */
const UsageGroup = z.object({
  id: z.string(),
  label: z.string(),
  filter: z.string().nullable().describe("For slug, accessKeyId or model; null when it cannot be asked for"),
});
export type UsageGroup = z.infer<typeof UsageGroup>;

const RangeOutput = { from: timestamp, to: timestamp };

export const CurrentUsageInput = z.object({
  period: z.enum(["current", "previous"]).optional().describe("The running billing period when left out"),
});
export type CurrentUsageInput = z.infer<typeof CurrentUsageInput>;

const MeterUsage = z.object({
  meter: Meter,
  used: z.number(),
  included: z.number(),
  billable: z.number().describe("Above what is included, when the plan has a price for it"),
  costCents: z.number(),
  limit: z.number().nullable().describe("Where the plan ends; null: there is a price for more"),
});

export const CurrentUsageOutput = z.object({
  period: z.object({ start: timestamp, end: timestamp, source: z.enum(["subscription", "month"]) }),
  plan: z.enum(["free", "pro", "team"]),
  planTitle: z.string(),
  trialEndsAt: timestamp.nullable().describe("Set while nothing is charged"),
  meters: z.array(MeterUsage),
  figures: UsageFigures,
  baseCents: z.number().describe("Seats"),
  costSoFarCents: z.number().describe("Seats and metered, before discounts and taxes"),
  forecast: z
    .object({
      perMeter: z.array(z.object({ meter: Meter, used: z.number(), costCents: z.number() })),
      totalCents: z.number(),
    })
    .nullable()
    .describe("As it will be if it goes on so; null in the first hour"),
});
export type CurrentUsageOutput = z.infer<typeof CurrentUsageOutput>;

export const UsageSeriesInput = z.object({
  ...rangeInput,
  ...filterInput,
  bucket: Bucket.optional().describe("day when left out"),
  by: GroupBy.optional(),
  metrics: z
    .string()
    .max(200)
    .optional()
    .describe(`Comma-separated, of ${metricNames.join(", ")}. The first one ranks the groups`),
  top: z.coerce.number().int().min(1).max(20).optional().describe("Groups that stand alone; 6 when left out"),
});
export type UsageSeriesInput = z.input<typeof UsageSeriesInput>;

export const UsageSeriesOutput = z.object({
  ...RangeOutput,
  bucket: Bucket,
  timeZone: z.string(),
  metrics: z.array(Metric),
  groups: z.array(UsageGroup).describe("Largest first; the last may be the sum of the others, id (other)"),
  buckets: z.array(
    z.object({
      start: timestamp,
      end: timestamp,
      values: z.array(z.array(z.number())).describe("By group, then by metric"),
    }),
  ),
});
export type UsageSeriesOutput = z.infer<typeof UsageSeriesOutput>;

export const UsageBreakdownInput = z.object({
  ...rangeInput,
  ...filterInput,
  by: GroupBy,
  metric: Metric.optional().describe("Orders the rows; requests when left out"),
});
export type UsageBreakdownInput = z.input<typeof UsageBreakdownInput>;

export const UsageBreakdownOutput = z.object({
  ...RangeOutput,
  rows: z.array(z.object({ group: UsageGroup, figures: UsageFigures })),
  other: z.object({ groups: z.number(), figures: UsageFigures }).nullable().describe("What has no row"),
  total: UsageFigures,
});
export type UsageBreakdownOutput = z.infer<typeof UsageBreakdownOutput>;

export const UsageRequestsInput = z.object({
  ...rangeInput,
  ...filterInput,
  meter: RequestMeter.optional().describe("Only requests that count for it"),
  cursor: z.string().max(200).optional().describe("nextCursor of the page before"),
  limit: z.coerce.number().int().min(1).max(200).optional().describe("50 when left out"),
});
export type UsageRequestsInput = z.input<typeof UsageRequestsInput>;

export const UsageRequest = z.object({
  id: z.string(),
  slug: z.string().nullable(),
  startedAt: timestamp,
  endedAt: timestamp,
  method: z.string(),
  path: z.string(),
  status: z.number(),
  bytesIn: z.number(),
  bytesOut: z.number(),
  durationMs: z.number(),
  timing: RequestTiming,
  accessKeyName: z.string().nullable(),
  errorCode: z.string().nullable(),
  clientAddress: z.string(),
  apiKind: z.string().nullable(),
  model: z.string().nullable(),
  inputTokens: z.number().nullable(),
  cachedTokens: z.number().nullable(),
  cacheWriteTokens: z.number().nullable(),
  outputTokens: z.number().nullable(),
  reasoningTokens: z.number().nullable(),
  usageSource: z.enum(["provider", "estimated", "none"]).nullable(),
  usageStatus: z.enum(["complete", "partial", "error"]).nullable(),
  finishReason: z.string().nullable(),
});
export type UsageRequest = z.infer<typeof UsageRequest>;

export const UsageRequestsOutput = z.object({
  ...RangeOutput,
  requests: z.array(UsageRequest).describe("Newest end first"),
  nextCursor: z.string().nullable(),
  retention: z.object({
    days: z.number(),
    keptSince: timestamp,
    message: z.string().nullable().describe("Why rows are missing, when part of the range is older"),
  }),
});
export type UsageRequestsOutput = z.infer<typeof UsageRequestsOutput>;

export const StorageDaysInput = z.object({ from: rangeInput.from, to: rangeInput.to });
export type StorageDaysInput = z.infer<typeof StorageDaysInput>;

const StorageDay = z.object({
  day: z.iso.date().describe("Of UTC"),
  bucket: z.string(),
  peakBytes: z.number().describe("The most that it held on the day"),
  megabytes: z.number().describe("What the day counts: the peak in whole megabytes, rounded up"),
  objects: z.number(),
  writes: z.number().describe("Operations that write or list"),
  reads: z.number(),
  carried: z.boolean().describe("There was no sample of its size: that of the day before holds"),
});
export type StorageDay = z.infer<typeof StorageDay>;
const storageTotals = { storage: z.number(), storage_writes: z.number(), storage_reads: z.number() };

export const StorageDaysOutput = z.object({
  ...RangeOutput,
  days: z.array(StorageDay).describe("Newest first; those that start in the range"),
  adjustments: z.object(storageTotals).describe("Corrections, and what was carried over from another period"),
  totals: z.object(storageTotals).describe("Days and adjustments together: the quantities of an invoice"),
});
export type StorageDaysOutput = z.infer<typeof StorageDaysOutput>;

export const ExportUsageInput = z.object({
  of: z
    .enum(["requests", "storage"])
    .optional()
    .describe("requests when left out; storage: each day of the backup buckets, without filters"),
  ...rangeInput,
  ...filterInput,
  format: z.enum(["csv", "json"]).optional().describe("csv when left out"),
  bucket: Bucket.optional().describe("day when left out"),
  by: GroupBy.optional(),
});
export type ExportUsageInput = z.infer<typeof ExportUsageInput>;
