import { Panel } from "~/components/ui/panel.tsx";
import type { Invoice } from "~/lib/api-types.ts";
import { formatMoney } from "~/lib/format.ts";
import { InvoiceLines } from "./invoice-lines.tsx";

/** The lines of an invoice and what they add up to. */
export function InvoicePanel({ invoice }: { invoice: Invoice }) {
  const money = (cents: number) => formatMoney(cents, invoice.currency);
  const { subtotalCents, taxCents, totalCents, amountPaidCents, amountDueCents } = invoice;
  const discountCents = totalCents - taxCents - subtotalCents;
  const open = invoice.status === "open" || invoice.status === "uncollectible";
  const partly = open && amountDueCents !== totalCents;
  return (
    <Panel id="lines" title="What is charged" lead="A line of usage opens the requests behind it." flush>
      <InvoiceLines lines={invoice.lines} currency={invoice.currency} />
      <div className="border-t border-line">
        <dl className="ml-auto grid max-w-sm gap-1.5 px-4 py-4 tabular-nums sm:px-5">
          {discountCents !== 0 || taxCents !== 0 ? <Sum term="Sum" text={money(subtotalCents)} /> : null}
          {discountCents !== 0 ? <Sum term="Discount" text={money(discountCents)} /> : null}
          {taxCents !== 0 ? <Sum term="Tax" text={money(taxCents)} /> : null}
          <Sum term="Total" text={money(totalCents)} strong />
          {amountPaidCents !== 0 ? <Sum term="Paid" text={money(amountPaidCents)} /> : null}
          {partly ? <Sum term="To be paid" text={money(amountDueCents)} strong /> : null}
        </dl>
      </div>
    </Panel>
  );
}

function Sum({ term, text, strong = false }: { term: string; text: string; strong?: boolean }) {
  return (
    <div className={`flex justify-between gap-8 ${strong ? "font-semibold" : ""}`}>
      <dt className={strong ? undefined : "text-mute"}>{term}</dt>
      <dd>{text}</dd>
    </div>
  );
}
