import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { useActionData, useLoaderData } from "@remix-run/react";
import { attempt, orErrorPage } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { BudgetForm } from "~/components/budgets/budget-form.tsx";
import { BudgetList } from "~/components/budgets/budget-list.tsx";
import { BudgetRules } from "~/components/budgets/budget-rules.tsx";
import { Page } from "~/components/shell/page.tsx";
import { EmptyState } from "~/components/ui/empty-state.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { budgetLimit, budgetValues, newBudgetValues, readBudgetForm } from "~/lib/budget-form.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";
import { useBusy } from "~/lib/use-busy.ts";

export const meta = () => pageTitle("Budgets");

/** `?change=<id>` begins the form with that budget. */
export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const { api } = args.context;
  const [{ budgets, hasPrices }, { accessKeys }, { canManage }] = await orErrorPage(
    Promise.all([api.budgets.list(), api.accessKeys.list(), api.billing.get()]),
  );
  const asked = new URL(args.request.url).searchParams.get("change");
  const changed = budgets.find(({ id }) => id === asked) ?? null;
  return { budgets, hasPrices, accessKeys, canManage, changed };
}

export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const values = readBudgetForm(await args.request.formData());
  const { limit, problem: typed } = budgetLimit(values);
  if (typed) return { problem: typed, values };
  const { accessKeyId, metric, period, hard } = values;
  const { problem } = await attempt(
    args.context.api.budgets.set({ accessKeyId: accessKeyId || undefined, metric, period, limit, hard }),
  );
  if (problem) return { problem, values };
  throw redirect(`${paths.budgets}?done=budget-set`);
}

export default function Budgets() {
  const { budgets, hasPrices, accessKeys, canManage, changed } = useLoaderData<typeof loader>();
  const answer = useActionData<typeof action>();
  const busy = useBusy();
  return (
    <Page
      title="Budgets"
      lead="How much your account, or one of your access keys, may use in a day or a billing period."
      parent={{ to: paths.usage, title: "Usage" }}
    >
      {answer?.problem && !canManage ? (
        <Notice tone="bad" announce>
          {answer.problem.message}
        </Notice>
      ) : null}
      <Panel id="budgets" title="Your budgets" flush>
        {budgets.length > 0 ? (
          <BudgetList budgets={budgets} canManage={canManage} />
        ) : (
          <EmptyState title="No budget yet">
            {canManage
              ? "Nothing stops at a limit of your own. Set one below, e.g. tokens a day for a key that you hand out."
              : "Nothing stops at a limit of your own. Owners and admins of your account set them."}
          </EmptyState>
        )}
      </Panel>
      {canManage ? (
        <Panel
          id="set"
          title={changed ? "Change a budget" : "Set a budget"}
          lead="The account, and each key, has one for each kind and time: set again, it changes."
        >
          <BudgetForm
            // Begins anew with another budget, and after one was set.
            key={`${changed?.id} ${budgets.map(({ id, limit, hard }) => `${id}${limit}${hard}`).join()}`}
            accessKeys={accessKeys}
            values={answer?.values ?? (changed ? budgetValues(changed) : newBudgetValues)}
            hasPrices={hasPrices}
            problem={answer?.problem}
            busy={busy}
          />
        </Panel>
      ) : budgets.length > 0 ? (
        <p className="text-mute">Owners and admins of your account change budgets.</p>
      ) : null}
      <BudgetRules hasPrices={hasPrices} />
    </Page>
  );
}
