import { type RequestContext, requirePermission } from "../context.ts";
import { type Figures, figureNames, noFigures, pickFigures } from "./figures.ts";
import { readFilters } from "./filters.ts";
import { nameGroups } from "./group-names.ts";
import { requireLength } from "./range.ts";
import { reportRange } from "./report-range.ts";
import type { UsageBreakdownInput, UsageBreakdownOutput } from "./schemas.ts";
import { sumByGroup } from "./sums.ts";

/** Rows of the table; what is below them is added up into one. */
const ROWS = 100;

/**
 * All figures of a range by endpoint, access key or model, from the roll-ups.
 *
 * @throws DomainError invalid/invalid_range, invalid/range_too_long, invalid/invalid_time_zone,
 *   not_found/endpoint_not_found, not_found/access_key_not_found
 */
export async function getUsageBreakdown(args: {
  ctx: RequestContext;
  input: UsageBreakdownInput;
  now?: Date;
}): Promise<UsageBreakdownOutput> {
  const { ctx, input, now = new Date() } = args;
  requirePermission(ctx, "usage:read");
  const { timeZone, ...range } = await reportRange(ctx, input, now);
  requireLength(range, "none", timeZone);
  const question = { tenantId: ctx.tenantId, range, filters: await readFilters(ctx, input) };
  const sums = await sumByGroup(ctx.db, {
    ...question,
    by: input.by,
    metric: input.metric ?? "requests",
    top: ROWS,
  });
  const shown = sums.filter((sum) => sum.groupId !== null);
  const rest = sums.find((sum) => sum.groupId === null);
  const groups = await nameGroups(
    ctx,
    input.by,
    shown.map(({ groupId }) => groupId!),
  );
  return {
    from: range.from.toISOString(),
    to: range.to.toISOString(),
    rows: shown.map((sum, index) => ({ group: groups[index]!, figures: pickFigures(sum) })),
    other: rest === undefined ? null : { groups: rest.groups, figures: pickFigures(rest) },
    total: add(sums),
  };
}

function add(sums: readonly Figures[]): Figures {
  const total: Record<string, number> = { ...noFigures };
  for (const sum of sums) for (const name of figureNames) total[name] = total[name]! + sum[name];
  return total as Figures;
}
