import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { BillingRefused } from "~/components/billing/billing-refused.tsx";
import { formText } from "~/lib/form-text.ts";
import { pageTitle } from "~/lib/page-title.ts";

export const meta = () => pageTitle("Billing");

/** Opens Stripe's page for payment method, address and so on: made for this one click, so never a plain link. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const wanted = formText(await args.request.formData(), "flow");
  const flow = flows.find((known) => known === wanted) ?? "home";
  const { value, problem } = await attempt(args.context.api.billing.openPortal({ flow }));
  if (problem) return { problem };
  throw redirect(value.url);
}

const flows = ["home", "payment_method_update", "customer_update"] as const;

export default function PortalRefused() {
  return <BillingRefused title="Stripe's page could not be opened" />;
}
