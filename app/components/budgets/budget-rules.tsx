import type { ReactNode } from "react";
import { Panel } from "~/components/ui/panel.tsx";

/** What a budget does, in a sentence each. */
export function BudgetRules({ hasPrices }: { hasPrices: boolean }) {
  return (
    <Panel id="rules" title="How budgets work">
      <dl className="grid gap-x-10 gap-y-4 md:grid-cols-2 lg:grid-cols-3">
        <Rule term="Stop">
          At the limit new requests get 429, and answers that run end well-formed with the event that reaches
          it.
        </Rule>
        <Rule term="Mails">
          Every budget, also one that stops nothing, sends a mail at 50, 80 and 100&nbsp;%.
        </Rule>
        {hasPrices ? (
          <Rule term="Money">
            That of the account in a billing period counts above what the plan includes, that of a key or a
            day at list price.
          </Rule>
        ) : null}
      </dl>
    </Panel>
  );
}

function Rule({ term, children }: { term: string; children: ReactNode }) {
  return (
    <div>
      <dt className="font-medium">{term}</dt>
      <dd className="mt-1 max-w-[52ch] text-mute">{children}</dd>
    </div>
  );
}
