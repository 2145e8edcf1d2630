import { Link } from "@remix-run/react";
import { DataTable } from "~/components/ui/data-table.tsx";
import type { InvoiceLine } from "~/lib/api-types.ts";
import { formatCount, formatMoney, formatPeriod } from "~/lib/format.ts";
import { paths } from "~/lib/paths.ts";
import type { MeterName } from "~/lib/plan-facts.ts";

interface InvoiceLinesProps {
  lines: readonly InvoiceLine[];
  currency: string;
}

/** The lines of an invoice; those that a meter feeds lead to what was counted. */
export function InvoiceLines({ lines, currency }: InvoiceLinesProps) {
  return (
    <DataTable
      caption="Lines"
      rows={lines}
      rowKey={(line) => line.id}
      columns={[
        {
          title: "For",
          cell: (line) => (
            <>
              <span className="block">{line.description}</span>
              <span className="block text-[0.933rem] text-mute">
                {formatPeriod(line.periodStart, line.periodEnd)}
                {line.meter ? <SourceLink line={line} meter={line.meter} /> : null}
              </span>
            </>
          ),
        },
        {
          title: "Quantity",
          numeric: true,
          wideOnly: true,
          cell: (line) => quantityOf(line),
        },
        { title: "Amount", numeric: true, cell: (line) => formatMoney(line.amountCents, currency) },
      ]}
    />
  );
}

function SourceLink({ line, meter }: { line: InvoiceLine; meter: MeterName }) {
  const range = { from: line.periodStart, to: line.periodEnd };
  const isStorage = meter === "storage" || meter === "storage_writes" || meter === "storage_reads";
  const source = isStorage ? "days" : "requests";
  return (
    <>
      {" · "}
      <Link
        to={isStorage ? paths.usageStorageOf(range) : paths.usageRequestsOf({ ...range, meter })}
        className="link"
        aria-label={`See the ${source} behind ${line.description}`}
      >
        See the {source}
      </Link>
    </>
  );
}

/** To the unit, so that it can be compared with the usage page. */
function quantityOf({ meter, quantity }: InvoiceLine): string {
  if (quantity === null) return "";
  if (meter === "storage") return `${formatCount(quantity)}\u00a0MB-days`;
  return meter === "megabytes" ? `${formatCount(quantity)}\u00a0MB` : formatCount(quantity);
}
