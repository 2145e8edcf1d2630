import { Form } from "@remix-run/react";
import { Button } from "~/components/ui/button.tsx";
import { paths } from "~/lib/paths.ts";
import { type UsageQuery, usageSearch } from "~/lib/usage-query.ts";

interface PeriodFormProps {
  query: UsageQuery;
  /** The range on the page, to start from. */
  from: string;
  to: string;
}

/** Any days, the last one included. Folded up until it is wanted. */
export function PeriodForm({ query, from, to }: PeriodFormProps) {
  const kept = new URLSearchParams(usageSearch({ ...query, period: "current", bucket: undefined }));
  const first = from.slice(0, 10);
  // The end does not belong to the range.
  const last = new Date(Date.parse(to) - 1).toISOString().slice(0, 10);
  return (
    <details className="group relative" open={query.period === "custom"}>
      <summary className="flex min-h-9 items-center rounded-md px-2.5 text-[0.867rem] text-mute select-none hover:text-ink">
        Other days
      </summary>
      <Form
        method="get"
        action={paths.usage}
        preventScrollReset
        key={`${first}${last}`}
        className="flex flex-wrap items-end gap-2"
      >
        {[...kept].map(([name, value]) => (
          <input key={name} type="hidden" name={name} value={value} />
        ))}
        <Day name="from" label="From" value={first} />
        <Day name="to" label="To, included" value={last} />
        <Button type="submit" look="quiet">
          Show
        </Button>
      </Form>
    </details>
  );
}

function Day({ name, label, value }: { name: string; label: string; value: string }) {
  return (
    <label className="grid gap-1 text-[0.867rem] text-mute">
      {label}
      <input
        type="date"
        name={name}
        required
        min="2020-01-01"
        defaultValue={value}
        className="control w-auto text-[1rem] text-ink"
      />
    </label>
  );
}
