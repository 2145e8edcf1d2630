import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { BillingRefused } from "~/components/billing/billing-refused.tsx";
import { pageTitle } from "~/lib/page-title.ts";

export const meta = () => pageTitle("Pay");

/** Leads to Stripe's page on which the invoice is paid. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const id = args.params.invoiceId ?? "";
  const { value, problem } = await attempt(args.context.api.billing.payInvoice({ id }));
  if (problem) return { problem };
  throw redirect(value.url);
}

export default function PayRefused() {
  return <BillingRefused title="The invoice's page could not be opened" />;
}
