import { type RequestContext, requirePermission } from "../context.ts";
import { sumBucketDays } from "../ledger/index.ts";
import { type Plan, planOf } from "../plans.ts";
import { costOf, eachMeter, forecastOf, type MeterTotals, meterNames, noTotals } from "../pricing/index.ts";
import { type Figures, metricOf, noFigures, pickFigures } from "./figures.ts";
import { findReportPeriod, type ReportPeriod } from "./period.ts";
import type { CurrentUsageInput, CurrentUsageOutput } from "./schemas.ts";
import { sumByGroup } from "./sums.ts";

const BYTES_PER_MEGABYTE = 1_000_000;

/**
 * What a billing period has used and cost so far, and what it will at its end if it goes on so. Costs are those of the
 * plan of today, before discounts and taxes; an invoice is what holds.
 */
export async function getCurrentUsage(args: {
  ctx: RequestContext;
  input: CurrentUsageInput;
  now?: Date;
}): Promise<CurrentUsageOutput> {
  const { ctx, input, now = new Date() } = args;
  requirePermission(ctx, "usage:read");
  const period = await findReportPeriod(ctx, input.period ?? "current", now);
  const range = { tenantId: ctx.tenantId, from: period.start, to: period.end };
  const [figures, buckets, adjustments] = await Promise.all([
    sumPeriod(ctx, period),
    sumBucketDays(ctx.db, range),
    sumAdjustments(ctx, period),
  ]);
  const used: MeterTotals = {
    requests: figures.requests,
    megabytes: Math.floor(metricOf(figures, "bytes") / BYTES_PER_MEGABYTE),
    tokens: metricOf(figures, "tokens"),
    ...buckets,
  };
  const totals = eachMeter((meter) => used[meter] + adjustments[meter]);
  const plan = planOf(period.plan);
  const isFree = period.trialEndsAt !== null;
  const baseCents = isFree ? 0 : plan.seatCents * period.seats;
  const cost = priced(plan, totals, isFree);
  const expected = forecastOf(period, totals, now);
  const later = expected && priced(plan, expected, isFree);
  return {
    period: { start: period.start.toISOString(), end: period.end.toISOString(), source: period.source },
    plan: plan.name,
    planTitle: plan.title,
    trialEndsAt: period.trialEndsAt?.toISOString() ?? null,
    meters: meterNames.map((meter) => ({
      meter,
      used: totals[meter],
      included: plan.metered[meter].included,
      billable: cost.meters[meter].billable,
      costCents: cost.meters[meter].costCents,
      limit: plan.metered[meter].perMillionCents === null ? plan.metered[meter].included : null,
    })),
    figures,
    baseCents,
    costSoFarCents: baseCents + cost.totalCents,
    forecast: later && {
      perMeter: meterNames.map((meter) => ({
        meter,
        used: expected[meter],
        costCents: later.meters[meter].costCents,
      })),
      totalCents: baseCents + later.totalCents,
    },
  };
}

/** In a trial everything is free of charge, also what is above the included quantities. */
function priced(plan: Plan, totals: MeterTotals, isFree: boolean) {
  const { meters, meteredCents } = costOf(plan, totals);
  return {
    meters: eachMeter((meter) => ({
      billable: meters[meter].billableQuantity,
      costCents: isFree ? 0 : meters[meter].amountCents,
    })),
    totalCents: isFree ? 0 : meteredCents,
  };
}

async function sumPeriod(ctx: RequestContext, { start, end }: ReportPeriod): Promise<Figures> {
  const [sum] = await sumByGroup(ctx.db, {
    tenantId: ctx.tenantId,
    range: { from: start, to: end },
    filters: { endpointIds: null, accessKeyId: null, model: null },
    by: null,
    metric: "requests",
    top: 1,
  });
  return sum ? pickFigures(sum) : noFigures;
}

async function sumAdjustments(ctx: RequestContext, { start, end }: ReportPeriod): Promise<MeterTotals> {
  const rows = await ctx.db
    .selectFrom("usage_adjustments")
    .select((eb) => ["meter", eb.cast<number>(eb.fn.sum("quantity"), "bigint").as("quantity")])
    .where("tenant_id", "=", ctx.tenantId)
    .where("period_start", ">=", start)
    .where("period_start", "<", end)
    .groupBy("meter")
    .execute();
  const totals = noTotals();
  for (const { meter, quantity } of rows) totals[meter] = quantity;
  return totals;
}
