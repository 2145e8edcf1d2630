import { Badge } from "~/components/ui/badge.tsx";
import { ButtonLink } from "~/components/ui/button.tsx";
import type { Budget } from "~/lib/api-types.ts";
import { budgetOwner, budgetTitle } from "~/lib/budget-words.ts";
import { paths } from "~/lib/paths.ts";
import { BudgetBar } from "./budget-bar.tsx";
import { RemoveBudgetButton } from "./remove-budget-button.tsx";

/** Budgets in the order they come in, each with how far it is used. */
export function BudgetList({ budgets, canManage }: { budgets: readonly Budget[]; canManage: boolean }) {
  return (
    <ul className="border-t border-line">
      {budgets.map((budget) => (
        <li
          key={budget.id}
          className="grid gap-x-8 gap-y-3 border-b border-line px-4 py-4 last:border-b-0 sm:px-5 lg:grid-cols-[minmax(0,4fr)_minmax(0,5fr)_auto] lg:items-center"
        >
          <div className="flex min-w-0 flex-wrap items-center justify-between gap-x-4 gap-y-2">
            <div className="min-w-0">
              <h3 className="font-medium">{budgetTitle(budget)}</h3>
              <p className="break-words text-mute">{budgetOwner(budget)}</p>
            </div>
            <Badge tone={budget.hard ? "warn" : "quiet"}>
              {budget.hard ? "Stops requests" : "Mails only"}
            </Badge>
          </div>
          <BudgetBar budget={budget} />
          {canManage ? (
            <div className="flex gap-2 lg:justify-end">
              <ButtonLink
                to={paths.budgetChange(budget.id)}
                look="quiet"
                size="sm"
                aria-label={`Change ${nameOf(budget)}`}
              >
                Change
              </ButtonLink>
              <RemoveBudgetButton id={budget.id} name={nameOf(budget)} hard={budget.hard} />
            </div>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

function nameOf(budget: Budget): string {
  return `${budgetTitle(budget)}, ${budgetOwner(budget)}`;
}
