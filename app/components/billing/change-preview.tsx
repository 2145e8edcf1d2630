import { Form } from "@remix-run/react";
import { ArrowRight } from "lucide-react";
import { Button, ButtonLink } from "~/components/ui/button.tsx";
import { DataTable } from "~/components/ui/data-table.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import type { Billing, ChangePreview, Subscription } from "~/lib/api-types.ts";
import { planNamed } from "~/lib/billing-words.ts";
import { formatDay, formatMoney, plural } from "~/lib/format.ts";
import { paths } from "~/lib/paths.ts";
import { useBusy } from "~/lib/use-busy.ts";

interface ChangePreviewPanelProps {
  preview: ChangePreview;
  subscription: Subscription;
  plans: Billing["plans"];
  intent: string;
}

/** What a change costs, when it counts, and the button that makes it. */
export function ChangePreviewPanel({ preview, subscription, plans, intent }: ChangePreviewPanelProps) {
  const busy = useBusy();
  const money = (cents: number) => formatMoney(cents, preview.currency);
  if (preview.effect === "none") {
    return (
      <Panel>
        <p className="text-mute">That is what you have. Nothing would change.</p>
      </Panel>
    );
  }
  const now = preview.effect === "now";
  // Usage that is not counted yet says nothing about the change.
  const lines = preview.lines.filter((line) => line.amountCents !== 0);
  return (
    <Panel
      id="cost"
      title={
        <span className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
          <span className="font-normal text-mute">
            {planWithSeats(plans, subscription.plan, subscription.seats)}
          </span>
          <ArrowRight className="size-4 text-mute" aria-label="to" />
          <span>{planWithSeats(plans, preview.plan, preview.seats)}</span>
        </span>
      }
      lead={effectSentence(preview)}
      flush
    >
      <dl className="grid grid-cols-2 gap-x-6 gap-y-4 px-4 pb-5 sm:flex sm:gap-x-14 sm:px-5">
        <Figure
          term="To be paid now"
          text={money(now ? preview.dueNowCents : 0)}
          note={preview.creditCents > 0 ? `${money(preview.creditCents)} stays as credit` : null}
        />
        {preview.nextInvoice ? (
          <Figure
            term={`Next invoice, ${formatDay(preview.nextInvoice.at)}`}
            text={money(preview.nextInvoice.totalCents)}
            note="usage is added"
          />
        ) : null}
      </dl>
      {lines.length > 0 ? (
        <div className="border-t border-line">
          <DataTable
            caption="How that comes together"
            rows={lines.map((line, index) => ({ ...line, index }))}
            rowKey={(line) => String(line.index)}
            columns={[
              {
                title: now ? "How that comes together" : "On the next invoice",
                cell: (line) => line.description,
              },
              { title: "Amount", numeric: true, cell: (line) => money(line.amountCents) },
            ]}
          />
        </div>
      ) : null}
      <Form
        method="post"
        className="flex flex-wrap gap-2 border-t border-line px-4 py-4 sm:justify-end sm:px-5"
      >
        <input type="hidden" name="plan" value={preview.plan} />
        <input type="hidden" name="seats" value={preview.seats} />
        <input type="hidden" name="prorationDate" value={preview.prorationDate ?? ""} />
        <input type="hidden" name="intent" value={intent} />
        <ButtonLink to={paths.billing} look="quiet">
          Back
        </ButtonLink>
        <Button type="submit" busy={busy}>
          {confirmLabel(preview, money)}
        </Button>
      </Form>
    </Panel>
  );
}

function Figure({ term, text, note }: { term: string; text: string; note?: string | null }) {
  return (
    <div>
      <dt className="text-[0.867rem] text-mute">{term}</dt>
      <dd>
        <span className="text-[1.6rem] font-semibold tracking-[-0.025em] tabular-nums">{text}</span>
        {note ? <span className="block text-[0.867rem] text-mute">{note}</span> : null}
      </dd>
    </div>
  );
}

function planWithSeats(plans: Billing["plans"], name: string | null, seats: number): string {
  const plan = name ? planNamed({ plans }, name) : null;
  if (!plan) return "Your present plan";
  return plan.maxSeats > 1 ? `${plan.title}, ${plural(seats, "seat")}` : plan.title;
}

function effectSentence({ effect, effectiveAt }: ChangePreview): string {
  switch (effect) {
    case "now":
      return "It counts at once. What is left of the present month is taken off.";
    case "period_end":
      return `It counts from ${formatDay(effectiveAt)}: until then you keep what you have paid for. Nothing is charged now.`;
    default:
      return "The change that was set for the end of the period is called off. Nothing is charged now.";
  }
}

function confirmLabel({ effect, effectiveAt, dueNowCents }: ChangePreview, money: (cents: number) => string) {
  if (effect === "now") return dueNowCents > 0 ? `Change and pay ${money(dueNowCents)}` : "Change now";
  return effect === "period_end" ? `Change on ${formatDay(effectiveAt)}` : "Keep it as it is";
}
