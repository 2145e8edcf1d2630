import {
  getCurrentUsage,
  getUsageBreakdown,
  getUsageSeries,
  listStorageDays,
  listUsageRequests,
} from "../../usage-reports/index.ts";
import {
  CurrentUsageInput,
  CurrentUsageOutput,
  StorageDaysInput,
  StorageDaysOutput,
  UsageBreakdownInput,
  UsageBreakdownOutput,
  UsageRequestsInput,
  UsageRequestsOutput,
  UsageSeriesInput,
  UsageSeriesOutput,
} from "../../usage-reports/schemas.ts";
import { router } from "../init.ts";
import { memberProcedure } from "../procedures.ts";
import { rest } from "../rest-meta.ts";

export const usageRouter = router({
  current: memberProcedure()
    .meta(
      rest("GET", "/api/usage", { tag: "Usage", summary: "The billing period: used, cost so far, forecast" }),
    )
    .input(CurrentUsageInput)
    .output(CurrentUsageOutput)
    .query(({ ctx, input }) => getCurrentUsage({ ctx: ctx.caller, input })),
  series: memberProcedure()
    .meta(rest("GET", "/api/usage/series", { tag: "Usage", summary: "Usage by hour, day or month" }))
    .input(UsageSeriesInput)
    .output(UsageSeriesOutput)
    .query(({ ctx, input }) => getUsageSeries({ ctx: ctx.caller, input })),
  breakdown: memberProcedure()
    .meta(
      rest("GET", "/api/usage/breakdown", {
        tag: "Usage",
        summary: "Usage by endpoint, access key or model",
      }),
    )
    .input(UsageBreakdownInput)
    .output(UsageBreakdownOutput)
    .query(({ ctx, input }) => getUsageBreakdown({ ctx: ctx.caller, input })),
  requests: memberProcedure()
    .meta(rest("GET", "/api/usage/requests", { tag: "Usage", summary: "The requests behind a figure" }))
    .input(UsageRequestsInput)
    .output(UsageRequestsOutput)
    .query(({ ctx, input }) => listUsageRequests({ ctx: ctx.caller, input })),
  storageDays: memberProcedure()
    .meta(
      rest("GET", "/api/usage/storage-days", {
        tag: "Usage",
        summary: "The days of backup buckets behind a period's storage",
      }),
    )
    .input(StorageDaysInput)
    .output(StorageDaysOutput)
    .query(({ ctx, input }) => listStorageDays({ ctx: ctx.caller, input })),
});
