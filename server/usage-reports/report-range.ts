import type { RequestContext } from "../context.ts";
import { findReportPeriod } from "./period.ts";
import { type Range, readRange } from "./range.ts";
import { requireTimeZone } from "./time-zone.ts";

/** The range that a report was asked for: from the start of the billing period to now when left out. */
export async function reportRange(
  ctx: RequestContext,
  input: { from?: string | undefined; to?: string | undefined; timeZone?: string | undefined },
  now: Date,
): Promise<Range & { timeZone: string }> {
  const timeZone = requireTimeZone(input.timeZone ?? "UTC");
  const from = input.from ?? (await findReportPeriod(ctx, "current", now)).start.toISOString();
  const to = input.to ?? now.toISOString();
  return { ...(await readRange(ctx.db, { from, to }, timeZone)), timeZone };
}
