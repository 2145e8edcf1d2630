import { classNames } from "~/lib/class-names.ts";
import { formatMoney } from "~/lib/format.ts";
import type { MeterName } from "~/lib/plan-facts.ts";
import { meterQuantity, meterTitles } from "~/lib/plan-words.ts";

export interface MeterUse {
  meter: MeterName;
  used: number;
  included: number;
  costCents: number;
  /** Where the plan ends; null: more has a price. */
  limit: number | null;
}

/** How much of what a plan includes was used, and what the rest costs so far. */
export function MeterBar({ meter, used, included, costCents, limit }: MeterUse) {
  const share = included === 0 ? 1 : Math.min(1, used / included);
  const over = used - included;
  const near = limit !== null && used >= limit * 0.8;
  return (
    <div className="grid content-start gap-1.5">
      <dt className="flex items-baseline justify-between gap-3">
        <span className="font-medium">{meterTitles[meter]}</span>
        <span className="text-[0.933rem] text-mute tabular-nums">{percent(used, included)}</span>
      </dt>
      <dd>
        <svg className="block h-1.5 w-full" aria-hidden="true">
          <rect width="100%" height="100%" rx="3" className="fill-sunken" />
          {used > 0 ? (
            <rect
              width={`${Math.max(1, share * 100)}%`}
              height="100%"
              rx="3"
              className={classNames(near ? "fill-warn" : "fill-cold")}
            />
          ) : null}
        </svg>
        <span className="mt-1.5 block tabular-nums">
          {meterQuantity(meter, used)}
          <span className="text-mute"> of {meterQuantity(meter, included)}</span>
        </span>
        <span className="block text-[0.933rem] text-mute empty:hidden">
          {sentence({ over, costCents, limit, meter })}
        </span>
      </dd>
    </div>
  );
}

function sentence(use: { over: number; costCents: number; limit: number | null; meter: MeterName }): string {
  const { over, costCents, limit, meter } = use;
  if (limit !== null) return over >= 0 ? "The limit is reached." : "";
  if (over <= 0) return "";
  return `${meterQuantity(meter, over)} more: ${formatMoney(costCents)}`;
}

function percent(used: number, included: number): string {
  if (included === 0) return "";
  const share = (used / included) * 100;
  if (share > 0 && share < 1) return "under 1\u00a0%";
  return `${Math.floor(share)}\u00a0%`;
}
