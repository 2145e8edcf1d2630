import type { FetcherWithComponents } from "@remix-run/react";
import { Button } from "~/components/ui/button.tsx";
import { FieldFrame, TextField } from "~/components/ui/field.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { keyLifetimes } from "~/lib/key-lifetimes.ts";
import { type Problem, problemAt, problemElsewhere } from "~/lib/problem.ts";

interface AccessKeyFormProps {
  slug: string;
  problem?: Problem | null;
  // biome-ignore lint/suspicious/noExplicitAny: the form sends, whoever made the fetcher reads its answer
  fetcher: FetcherWithComponents<any>;
  action: string;
}

export function AccessKeyForm({ slug, problem, fetcher, action }: AccessKeyFormProps) {
  const elsewhere = problemElsewhere(problem, ["name", "expiresAt"]);
  return (
    <fetcher.Form method="post" action={action} className="grid gap-4">
      {elsewhere ? (
        <Notice tone="bad" announce>
          {elsewhere}
        </Notice>
      ) : null}
      <div className="grid items-start gap-4 sm:grid-cols-[minmax(0,2fr)_minmax(0,1fr)_minmax(0,1fr)]">
        <TextField
          label="Name"
          name="name"
          placeholder="Who or what will use it"
          autoComplete="off"
          maxLength={80}
          required
          error={problemAt(problem, "name")}
        />
        <FieldFrame label="Ends" error={problemAt(problem, "expiresAt")}>
          {(control) => (
            <select {...control} name="lifetime" className="control">
              {keyLifetimes.map((lifetime) => (
                <option key={lifetime.value} value={lifetime.value}>
                  {lifetime.label}
                </option>
              ))}
            </select>
          )}
        </FieldFrame>
        <FieldFrame label="Opens">
          {(control) => (
            <select {...control} name="scope" className="control">
              <option value="this">{slug} only</option>
              <option value="all">all your endpoints</option>
            </select>
          )}
        </FieldFrame>
      </div>
      <Button type="submit" busy={fetcher.state !== "idle"} className="justify-self-start">
        Make an access key
      </Button>
    </fetcher.Form>
  );
}
