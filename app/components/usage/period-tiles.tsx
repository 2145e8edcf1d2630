import { Link } from "@remix-run/react";
import type { CurrentUsage } from "~/lib/api-types.ts";
import { formatBytes, formatCount, formatDay, formatLarge, formatMoney } from "~/lib/format.ts";
import { paths } from "~/lib/paths.ts";
import { isShown, meterQuantity, meterTitles, storageMonths } from "~/lib/plan-words.ts";
import { UsageTile } from "./usage-tile.tsx";

type Meter = CurrentUsage["meters"][number];

/** What a billing period has used of what the plan includes, and what it costs. */
export function PeriodTiles({ usage, running }: { usage: CurrentUsage; running: boolean }) {
  const { figures } = usage;
  return (
    <dl className="grid grid-cols-1 gap-3 min-[440px]:grid-cols-2 sm:gap-5 lg:grid-cols-4">
      {usage.meters.filter(isShown).map((meter) => (
        <UsageTile
          key={meter.meter}
          title={meterTitles[meter.meter]}
          aside={percent(meter)}
          value={quantity(meter)}
          share={meter.included === 0 ? null : meter.used / meter.included}
          near={meter.limit !== null && meter.used >= meter.limit * 0.8}
        >
          <span className="block">of {meterQuantity(meter.meter, meter.included)}</span>
          <span className="block empty:hidden">{detail(meter, figures)}</span>
          {meter.meter === "storage" && meter.used > 0 ? (
            <Link
              to={paths.usageStorageOf({ from: usage.period.start, to: usage.period.end })}
              className="link"
            >
              By day
            </Link>
          ) : null}
          <span className="block text-ink empty:hidden">{beyond(meter)}</span>
        </UsageTile>
      ))}
      <CostTile usage={usage} running={running} />
    </dl>
  );
}

function CostTile({ usage, running }: { usage: CurrentUsage; running: boolean }) {
  const { costSoFarCents, baseCents, forecast, period, trialEndsAt, planTitle } = usage;
  const isFree = baseCents === 0 && usage.meters.every(({ limit }) => limit !== null);
  return (
    <UsageTile title={running ? "Cost so far" : "Cost"} value={formatMoney(costSoFarCents)}>
      {isFree ? (
        <>The {planTitle} plan costs nothing and ends at what it includes.</>
      ) : trialEndsAt ? (
        <>Nothing is charged until the trial ends on {formatDay(trialEndsAt)}.</>
      ) : (
        <>
          {running && forecast ? (
            <span className="block">
              <span className="text-ink">{formatMoney(forecast.totalCents)}</span> by {formatDay(period.end)}{" "}
              if it goes on so
            </span>
          ) : null}
          <span className="block">
            {baseCents > 0 ? `${formatMoney(baseCents)} of it for seats, ` : ""}before discount and tax
          </span>
        </>
      )}
    </UsageTile>
  );
}

function quantity({ meter, used }: Meter): string {
  if (meter === "storage") return storageMonths(used);
  return meter === "megabytes" ? formatBytes(used * 1_000_000) : formatCount(used);
}

function percent({ used, included }: Meter): string {
  if (included === 0) return "";
  const share = (used / included) * 100;
  return share > 0 && share < 1 ? "under 1\u00a0%" : `${Math.floor(share)}\u00a0%`;
}

function detail({ meter }: Meter, figures: CurrentUsage["figures"]): string {
  if (meter === "requests") return figures.errors === 0 ? "" : `${formatLarge(figures.errors)} with an error`;
  if (meter === "megabytes")
    return `${formatBytes(figures.bytesIn)} in, ${formatBytes(figures.bytesOut)} out`;
  if (meter !== "tokens") return "";
  const estimated = figures.estimatedTokens > 0 ? `, ${formatLarge(figures.estimatedTokens)} estimated` : "";
  return `${formatLarge(figures.inputTokens)} in, ${formatLarge(figures.outputTokens)} out${estimated}`;
}

function beyond({ used, included, limit, costCents, meter }: Meter): string {
  if (limit !== null) return used >= limit ? "The plan's limit is reached." : "";
  return used > included
    ? `${meterQuantity(meter, used - included)} above it: ${formatMoney(costCents)}`
    : "";
}
