import { useFetcher } from "@remix-run/react";
import { useState } from "react";
import { useToast } from "~/components/shell/toasts.tsx";
import { Badge } from "~/components/ui/badge.tsx";
import { Button } from "~/components/ui/button.tsx";
import { FieldFrame, TextField } from "~/components/ui/field.tsx";
import { Notice } from "~/components/ui/notice.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import type { TaxId } from "~/lib/api-types.ts";
import { paths } from "~/lib/paths.ts";
import { type Problem, problemAt, problemElsewhere } from "~/lib/problem.ts";
import { taxIdKinds, taxIdTitle } from "~/lib/tax-id-kinds.ts";
import { useReply } from "~/lib/use-reply.ts";

interface TaxIdReply {
  problem: Problem | null;
}

/** Numbers that invoices show for the tax office. */
export function TaxIdsPanel({ taxIds, canManage }: { taxIds: readonly TaxId[]; canManage: boolean }) {
  return (
    <Panel
      id="tax-ids"
      title="Tax ids"
      lead="Printed on every invoice from now on. Some change the tax that is charged."
    >
      {taxIds.length > 0 ? (
        <ul className="mb-5 grid gap-2">
          {taxIds.map((taxId) => (
            <TaxIdLine key={taxId.id} taxId={taxId} canManage={canManage} />
          ))}
        </ul>
      ) : canManage ? null : (
        <p className="text-mute">None.</p>
      )}
      {/* A new form after each one that was added. */}
      {canManage ? <TaxIdForm key={taxIds.length} /> : null}
    </Panel>
  );
}

function TaxIdLine({ taxId, canManage }: { taxId: TaxId; canManage: boolean }) {
  const fetcher = useFetcher<TaxIdReply>();
  const problem = fetcher.data?.problem;
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
      <span className="text-mute">{taxIdTitle(taxId.type)}</span>
      <code>{taxId.value}</code>
      {taxId.verification === "verified" ? <Badge tone="ok">Verified</Badge> : null}
      {taxId.verification === "pending" ? <Badge tone="quiet">Being checked</Badge> : null}
      {taxId.verification === "unverified" ? <Badge tone="warn">Not confirmed</Badge> : null}
      {canManage ? (
        <fetcher.Form method="post" action={paths.billingTaxId(taxId.id)} className="ml-auto">
          <Button
            type="submit"
            look="plain"
            size="sm"
            busy={fetcher.state !== "idle"}
            aria-label={`Remove ${taxId.value}`}
          >
            Remove
          </Button>
        </fetcher.Form>
      ) : null}
      {problem ? (
        <div className="w-full">
          <Notice tone="bad" announce>
            {problem.message}
          </Notice>
        </div>
      ) : null}
    </li>
  );
}

function TaxIdForm() {
  const fetcher = useFetcher<TaxIdReply>();
  const toast = useToast();
  const [type, setType] = useState<string>(taxIdKinds[0].type);
  const kind = taxIdKinds.find((candidate) => candidate.type === type) ?? taxIdKinds[0];
  const problem = fetcher.data?.problem;
  const elsewhere = problemElsewhere(problem, ["type", "value"]);
  useReply(fetcher, (reply) => {
    if (!reply.problem) toast("Tax id added. New invoices carry it.");
  });
  return (
    <fetcher.Form method="post" action={paths.billingTaxIds} className="grid gap-4">
      {elsewhere ? (
        <Notice tone="bad" announce>
          {elsewhere}
        </Notice>
      ) : null}
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <FieldFrame label="Kind" error={problemAt(problem, "type")}>
          {(control) => (
            <select
              {...control}
              className="control"
              name="type"
              value={type}
              onChange={(event) => setType(event.target.value)}
            >
              {taxIdKinds.map((option) => (
                <option key={option.type} value={option.type}>
                  {option.title}
                </option>
              ))}
            </select>
          )}
        </FieldFrame>
        <TextField
          label="Number"
          name="value"
          required
          minLength={2}
          maxLength={64}
          autoComplete="off"
          spellCheck={false}
          className="font-mono"
          placeholder={kind.example}
          error={problemAt(problem, "value")}
        />
      </div>
      <Button type="submit" look="quiet" busy={fetcher.state !== "idle"} className="justify-self-start">
        Add tax id
      </Button>
    </fetcher.Form>
  );
}
