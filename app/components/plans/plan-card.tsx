import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "~/lib/class-names.ts";
import type { MeterName, PlanFacts } from "~/lib/plan-facts.ts";
import {
  meterQuantity,
  meterRate,
  metersOf,
  meterTitles,
  planGrants,
  planLeads,
  planPrice,
} from "~/lib/plan-words.ts";

interface PlanCardProps {
  plan: PlanFacts;
  /** Beside the name, e.g. that it is the present plan. */
  badge?: ReactNode;
  /** Set apart from the others. */
  marked?: boolean;
  /** What can be done about it. */
  children?: ReactNode;
}

/** One plan: price, quantities with what more of them costs, limits. The same on the landing page and in billing. */
export function PlanCard({ plan, badge, marked = false, children }: PlanCardProps) {
  const { amount, per } = planPrice(plan);
  return (
    <section
      aria-labelledby={`plan-${plan.name}`}
      className={classNames(
        "grid content-start gap-0 rounded-lg border bg-surface p-5 md:row-span-4 md:grid-rows-subgrid",
        marked ? "border-ink" : "border-line",
      )}
    >
      <div>
        <div className="flex min-h-7 flex-wrap items-center justify-between gap-2">
          <h3 id={`plan-${plan.name}`} className="text-[1.2rem]">
            {plan.title}
          </h3>
          {badge}
        </div>
        <p className="mt-1 text-mute">{planLeads[plan.name]}</p>
        <p className="mt-4 flex flex-wrap items-baseline gap-x-2">
          <span className="text-[2rem] font-semibold tracking-[-0.025em] tabular-nums">{amount}</span>
          <span className="text-mute">{per}</span>
        </p>
      </div>
      <dl className="mt-4 grid content-start gap-3 border-t border-line pt-4">
        {metersOf(plan).map((meter) => (
          <MeterLine key={meter} plan={plan} meter={meter} />
        ))}
      </dl>
      <ul className="mt-4 grid content-start gap-2 border-t border-line pt-4">
        {planGrants(plan).map((grant) => (
          <li key={grant} className="flex gap-2.5">
            <Check className="mt-1 size-4 shrink-0 text-faint" aria-hidden="true" />
            {grant}
          </li>
        ))}
      </ul>
      {children ? <div className="mt-5 grid content-end gap-3 empty:mt-0">{children}</div> : <div />}
    </section>
  );
}

function MeterLine({ plan, meter }: { plan: PlanFacts; meter: MeterName }) {
  const { included, perMillionCents } = plan.metered[meter];
  return (
    <div>
      <dt className="sr-only">{meterTitles[meter]}</dt>
      <dd>
        {meterQuantity(meter, included)}
        <span className="block text-[0.933rem] text-mute">
          {perMillionCents === null ? "a month, then it stops" : `then ${meterRate(meter, perMillionCents)}`}
        </span>
      </dd>
    </div>
  );
}
