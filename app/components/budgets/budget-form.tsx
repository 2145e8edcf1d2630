import { Form } from "@remix-run/react";
import { useState } from "react";
import { Button } from "~/components/ui/button.tsx";
import { FieldFrame, TextField } from "~/components/ui/field.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import type { AccessKey } from "~/lib/api-types.ts";
import type { BudgetFormValues } from "~/lib/budget-form.ts";
import { type BudgetMetric, budgetMetricTitles, budgetPeriodTitles } from "~/lib/budget-words.ts";
import { paths } from "~/lib/paths.ts";
import { type Problem, problemAt, problemElsewhere } from "~/lib/problem.ts";

interface BudgetFormProps {
  accessKeys: readonly AccessKey[];
  /** What stands in it at first. */
  values: BudgetFormValues;
  /** Whether money can be limited. */
  hasPrices: boolean;
  problem?: Problem | null;
  busy: boolean;
}

/** Sets a budget, or changes the one of the same owner, metric and period. */
export function BudgetForm({ accessKeys, values, hasPrices, problem, busy }: BudgetFormProps) {
  const [metric, setMetric] = useState<BudgetMetric>(values.metric);
  const elsewhere = problemElsewhere(problem, ["accessKeyId", "metric", "period", "limit", "hard"]);
  const metrics = Object.entries(budgetMetricTitles).filter(([name]) => name !== "cents" || hasPrices);
  return (
    <Form method="post" action={paths.budgets} preventScrollReset className="grid gap-4">
      {elsewhere ? (
        <Notice tone="bad" announce>
          {elsewhere}
        </Notice>
      ) : null}
      <div className="grid items-start gap-4 sm:grid-cols-2 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)_minmax(0,2fr)_minmax(0,3fr)_minmax(0,3fr)]">
        <FieldFrame label="For" error={problemAt(problem, "accessKeyId")}>
          {(control) => (
            <select {...control} name="accessKeyId" defaultValue={values.accessKeyId} className="control">
              <option value="">The whole account</option>
              {accessKeys.map(({ id, name, hint }) => (
                <option key={id} value={id}>
                  {name} ({hint})
                </option>
              ))}
            </select>
          )}
        </FieldFrame>
        <FieldFrame label="What" error={problemAt(problem, "metric")}>
          {(control) => (
            <select
              {...control}
              name="metric"
              defaultValue={values.metric}
              onChange={(event) => setMetric(event.target.value as BudgetMetric)}
              className="control"
            >
              {metrics.map(([name, title]) => (
                <option key={name} value={name}>
                  {title}
                </option>
              ))}
            </select>
          )}
        </FieldFrame>
        <FieldFrame label="Per" error={problemAt(problem, "period")}>
          {(control) => (
            <select {...control} name="period" defaultValue={values.period} className="control">
              {Object.entries(budgetPeriodTitles).map(([name, title]) => (
                <option key={name} value={name}>
                  {title}
                </option>
              ))}
            </select>
          )}
        </FieldFrame>
        <TextField
          label={metric === "cents" ? "Limit in dollars" : "Limit"}
          name="limit"
          defaultValue={values.limit}
          inputMode="decimal"
          autoComplete="off"
          required
          maxLength={24}
          placeholder={metric === "cents" ? "20.00" : "1,000,000"}
          className="tabular-nums"
          error={problemAt(problem, "limit")}
        />
        <FieldFrame label="At the limit" error={problemAt(problem, "hard")}>
          {(control) => (
            <select {...control} name="hard" defaultValue={values.hard ? "yes" : "no"} className="control">
              <option value="yes">Stop requests</option>
              <option value="no">Send mails only</option>
            </select>
          )}
        </FieldFrame>
      </div>
      {hasPrices ? null : (
        <p className="text-mute">
          Money cannot be limited on your plan: usage costs nothing on it, and ends where the plan does.
        </p>
      )}
      <Button type="submit" busy={busy} className="justify-self-start">
        Set the budget
      </Button>
    </Form>
  );
}
