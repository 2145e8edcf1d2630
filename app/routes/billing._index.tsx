import type { LoaderFunctionArgs } from "@remix-run/node";
import { Link, useLoaderData } from "@remix-run/react";
import { orErrorPage, orNull } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { BillingOff } from "~/components/billing/billing-off.tsx";
import { CouponPanel } from "~/components/billing/coupon-panel.tsx";
import { InvoiceTable } from "~/components/billing/invoice-table.tsx";
import { PaymentPanel } from "~/components/billing/payment-panel.tsx";
import { PlanAlarmNotice } from "~/components/billing/plan-alarm.tsx";
import { PlanChoice } from "~/components/billing/plan-choice.tsx";
import { PlanPanel } from "~/components/billing/plan-panel.tsx";
import { TaxIdsPanel } from "~/components/billing/tax-ids-panel.tsx";
import { UsagePanel } from "~/components/billing/usage-panel.tsx";
import { Page } from "~/components/shell/page.tsx";
import { Panel } from "~/components/ui/panel.tsx";
import { hasLiveSubscription, planStanding } from "~/lib/billing-words.ts";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";

export const meta = () => pageTitle("Billing");

/** From our own rows: the page is whole also while Stripe does not answer. */
export async function loader(args: LoaderFunctionArgs) {
  requireSession(args);
  const { api } = args.context;
  const [billing, { invoices }, usage] = await Promise.all([
    orErrorPage(api.billing.get()),
    orErrorPage(api.billing.invoices({ limit: 3 })),
    orNull(api.usage.current({})),
  ]);
  return { billing, invoices, usage };
}

export default function BillingPage() {
  const { billing, invoices, usage } = useLoaderData<typeof loader>();
  const { alarm } = planStanding(billing);
  const live = hasLiveSubscription(billing);
  return (
    <Page title="Billing">
      {billing.mode === "off" ? <BillingOff /> : null}
      {alarm ? (
        <PlanAlarmNotice
          alarm={alarm}
          openInvoiceId={billing.openInvoice?.id ?? null}
          canManage={billing.canManage}
        />
      ) : null}
      <PlanPanel billing={billing} />
      <UsagePanel usage={usage} charged={live} />
      <PlanChoice billing={billing} />
      {invoices.length > 0 ? (
        <Panel
          id="invoices"
          title="Invoices"
          flush
          actions={
            <Link to={paths.invoices} className="link">
              All invoices
            </Link>
          }
        >
          <InvoiceTable invoices={invoices} />
        </Panel>
      ) : null}
      {billing.mode !== "off" && (live || invoices.length > 0) ? (
        <div className="grid items-start gap-5 lg:grid-cols-2 [&>*]:min-w-0">
          <div className="grid gap-5">
            <PaymentPanel billing={billing} />
            {live && billing.canManage ? (
              <CouponPanel discount={billing.subscription?.discount ?? null} />
            ) : null}
          </div>
          <TaxIdsPanel taxIds={billing.taxIds} canManage={billing.canManage} />
        </div>
      ) : null}
    </Page>
  );
}
