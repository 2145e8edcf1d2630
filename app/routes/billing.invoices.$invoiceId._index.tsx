import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { orErrorPage } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { InvoicePanel } from "~/components/billing/invoice-panel.tsx";
import { PostButton } from "~/components/billing/post-button.tsx";
import { Page } from "~/components/shell/page.tsx";
import { Badge } from "~/components/ui/badge.tsx";
import { Facts } from "~/components/ui/facts.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { invoiceStatus } from "~/lib/billing-words.ts";
import { formatDay, formatMoney, formatPeriod } from "~/lib/format.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";

export const meta: MetaFunction<typeof loader> = ({ data }) =>
  pageTitle(data?.invoice.number ? `Invoice ${data.invoice.number}` : "Invoice");

export async function loader(args: LoaderFunctionArgs) {
  const { tenant } = requireSession(args);
  const id = args.params.invoiceId ?? "";
  const invoice = await orErrorPage(args.context.api.billing.invoice({ id }));
  return { invoice, mayPay: tenant.role !== "member" };
}

export default function InvoicePage() {
  const { invoice, mayPay } = useLoaderData<typeof loader>();
  const { text, tone } = invoiceStatus(invoice);
  const open = invoice.status === "open";
  return (
    <Page
      title={
        <span className="flex flex-wrap items-center gap-x-4 gap-y-2">
          {invoice.number ? `Invoice ${invoice.number}` : "Draft of an invoice"}
          <Badge tone={tone}>{text}</Badge>
        </span>
      }
      lead={invoice.status === "draft" ? "Not final yet: usage of its period may still be added." : undefined}
      parent={{ to: paths.invoices, title: "Invoices" }}
      actions={
        <div className="flex flex-wrap items-center gap-x-5 gap-y-2">
          {invoice.invoicePdf ? (
            <a href={invoice.invoicePdf} className="link">
              PDF
            </a>
          ) : null}
          {invoice.hostedInvoiceUrl ? (
            <a href={invoice.hostedInvoiceUrl} className="link">
              Open at Stripe
            </a>
          ) : null}
          {open && mayPay ? (
            <PostButton action={paths.invoicePay(invoice.id)}>
              Pay {formatMoney(invoice.amountDueCents, invoice.currency)}
            </PostButton>
          ) : null}
        </div>
      }
    >
      <Panel>
        <Facts
          facts={[
            { term: "Total", text: formatMoney(invoice.totalCents, invoice.currency) },
            { term: "Date", text: formatDay(invoice.createdAt) },
            { term: "Period", text: formatPeriod(invoice.periodStart, invoice.periodEnd) },
            ...(invoice.paidAt ? [{ term: "Paid", text: formatDay(invoice.paidAt) }] : []),
            ...(open && invoice.nextPaymentAttempt
              ? [{ term: "Next try", text: formatDay(invoice.nextPaymentAttempt) }]
              : []),
          ]}
        />
      </Panel>
      <InvoicePanel invoice={invoice} />
    </Page>
  );
}
