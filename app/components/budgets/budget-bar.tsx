import type { Budget } from "~/lib/api-types.ts";
import { budgetReset, budgetUse } from "~/lib/budget-words.ts";
import { classNames } from "~/lib/class-names.ts";

/** How much of a budget is used, and when it starts anew. */
export function BudgetBar({ budget }: { budget: Budget }) {
  const share = budget.used / budget.limit;
  const { used, of } = budgetUse(budget);
  return (
    <div className="min-w-0">
      <svg className="block h-1.5 w-full" aria-hidden="true">
        <rect width="100%" height="100%" rx="3" className="fill-sunken" />
        {share > 0 ? (
          <rect
            width={`${Math.min(100, Math.max(1, share * 100))}%`}
            height="100%"
            rx="3"
            className={classNames(share >= 1 ? "fill-bad" : share >= 0.8 ? "fill-warn" : "fill-cold")}
          />
        ) : null}
      </svg>
      <p className="mt-1.5 flex flex-wrap justify-between gap-x-4 tabular-nums">
        <span>
          {used}
          <span className="text-mute"> of {of}</span>
        </span>
        <span className="text-[0.933rem] text-mute">{percent(share)}</span>
      </p>
      <p className="text-[0.933rem] text-mute">
        {share >= 1 && budget.hard ? (
          <span className="text-bad">Requests get 429 until {budgetReset(budget)}.</span>
        ) : (
          `Starts anew on ${budgetReset(budget)}.`
        )}
      </p>
    </div>
  );
}

function percent(share: number): string {
  if (share > 0 && share < 0.01) return "under 1\u00a0%";
  return `${Math.floor(share * 100)}\u00a0%`;
}
