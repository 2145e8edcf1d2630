import type { LoaderFunctionArgs } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { orErrorPage } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { InvoiceTable } from "~/components/billing/invoice-table.tsx";
import { Page } from "~/components/shell/page.tsx";
import { ButtonLink } from "~/components/ui/button.tsx";
import { EmptyState } from "~/components/ui/empty-state.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";

export const meta = () => pageTitle("Invoices");

export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const cursor = new URL(args.request.url).searchParams.get("before") || undefined;
  return { ...(await orErrorPage(args.context.api.billing.invoices({ cursor }))), first: !cursor };
}

export default function Invoices() {
  const { invoices, nextCursor, first } = useLoaderData<typeof loader>();
  return (
    <Page title="Invoices" parent={{ to: paths.billing, title: "Billing" }}>
      <Panel flush>
        {invoices.length > 0 ? (
          <InvoiceTable invoices={invoices} />
        ) : (
          <EmptyState title={first ? "No invoice yet" : "No older invoice"}>
            The first one comes with your first paid plan.
          </EmptyState>
        )}
      </Panel>
      <div className="flex flex-wrap gap-2 empty:hidden">
        {first ? null : (
          <ButtonLink to={paths.invoices} look="quiet">
            Newest
          </ButtonLink>
        )}
        {nextCursor ? (
          <ButtonLink to={`${paths.invoices}?before=${encodeURIComponent(nextCursor)}`} look="quiet">
            Older
          </ButtonLink>
        ) : null}
      </div>
    </Page>
  );
}
