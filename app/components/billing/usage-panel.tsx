import { Link } from "@remix-run/react";
import { Notice } from "~/components/ui/notice.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import type { CurrentUsage } from "~/lib/api-types.ts";
import { formatDay, formatMoney, formatPeriod } from "~/lib/format.ts";
import { paths } from "~/lib/paths.ts";
import { isShown } from "~/lib/plan-words.ts";
import { MeterBar } from "./meter-bar.tsx";

interface UsagePanelProps {
  /** null: could not be had just now. */
  usage: CurrentUsage | null;
  /** Whether an invoice follows the period. */
  charged: boolean;
}

/** What was used in the running period, of what the plan includes, and the invoice that will follow. */
export function UsagePanel({ usage, charged }: UsagePanelProps) {
  return (
    <Panel
      id="period"
      title="This period"
      lead={usage ? `${formatPeriod(usage.period.start, usage.period.end)}, counted until now.` : undefined}
      actions={
        <div className="flex gap-4">
          <Link to={paths.budgets} className="link">
            Budgets
          </Link>
          <Link to={paths.usage} className="link">
            All usage
          </Link>
        </div>
      }
    >
      {usage ? (
        <>
          <dl className="grid gap-x-10 gap-y-4 sm:grid-cols-3">
            {usage.meters.filter(isShown).map((meter) => (
              <MeterBar key={meter.meter} {...meter} />
            ))}
          </dl>
          {charged ? <NextInvoice usage={usage} /> : null}
        </>
      ) : (
        <Notice tone="warn">
          The numbers cannot be read just now. Nothing is lost: they are counted elsewhere.
        </Notice>
      )}
    </Panel>
  );
}

function NextInvoice({ usage }: { usage: CurrentUsage }) {
  const { baseCents, costSoFarCents, forecast, period, trialEndsAt } = usage;
  const metered = costSoFarCents - baseCents;
  return (
    <div className="mt-4 grid gap-1 border-t border-line pt-4 sm:flex sm:items-baseline sm:justify-between sm:gap-6">
      <p className="max-w-[65ch] text-mute">
        {trialEndsAt ? (
          <>Nothing is charged for what is used until {formatDay(trialEndsAt)}.</>
        ) : (
          <>
            Next invoice on {formatDay(period.end)}: {formatMoney(baseCents)} for the next month and what was
            used above the included, {formatMoney(metered)} so far
            {forecast ? `, ${formatMoney(forecast.totalCents - baseCents)} if it goes on so` : ""}. Before
            discount and tax.
          </>
        )}
      </p>
      {trialEndsAt ? null : (
        <p className="shrink-0">
          <span className="text-[0.867rem] text-mute">So far </span>
          <span className="text-[1.267rem] font-semibold tracking-[-0.018em] tabular-nums">
            {formatMoney(costSoFarCents)}
          </span>
        </p>
      )}
    </div>
  );
}
