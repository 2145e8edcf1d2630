import { Link } from "@remix-run/react";
import { Badge } from "~/components/ui/badge.tsx";
import { DataTable } from "~/components/ui/data-table.tsx";
import type { InvoiceSummary } from "~/lib/api-types.ts";
import { invoiceStatus } from "~/lib/billing-words.ts";
import { formatDay, formatMoney } from "~/lib/format.ts";
import { paths } from "~/lib/paths.ts";

/** Invoices, each leading to its page. */
export function InvoiceTable({ invoices }: { invoices: readonly InvoiceSummary[] }) {
  return (
    <DataTable
      caption="Invoices"
      rows={invoices}
      rowKey={(invoice) => invoice.id}
      columns={[
        {
          title: "Invoice",
          cell: (invoice) => (
            <Link to={paths.invoice(invoice.id)} className="link tabular-nums">
              {invoice.number ?? "Draft"}
            </Link>
          ),
        },
        { title: "Date", wideOnly: true, cell: (invoice) => formatDay(invoice.createdAt) },
        {
          title: "Status",
          cell: (invoice) => {
            const { text, tone } = invoiceStatus(invoice);
            return <Badge tone={tone}>{text}</Badge>;
          },
        },
        {
          title: "Total",
          numeric: true,
          cell: (invoice) => formatMoney(invoice.totalCents, invoice.currency),
        },
        {
          title: "Copy for your books",
          actions: true,
          wideOnly: true,
          cell: (invoice) =>
            invoice.invoicePdf ? (
              <a
                href={invoice.invoicePdf}
                className="link"
                aria-label={`PDF of invoice ${invoice.number ?? ""}`}
              >
                PDF
              </a>
            ) : null,
        },
      ]}
    />
  );
}
