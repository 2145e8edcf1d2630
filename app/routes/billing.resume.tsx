import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { BillingRefused } from "~/components/billing/billing-refused.tsx";
import { pageTitle } from "~/lib/page-title.ts";
import { paths } from "~/lib/paths.ts";

export const meta = () => pageTitle("Billing");

/** Keeps a plan that was to end or to change. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const { problem } = await attempt(args.context.api.billing.resume());
  if (problem) return { problem };
  throw redirect(`${paths.billing}?done=plan-kept`);
}

export default function ResumeRefused() {
  return <BillingRefused title="The plan could not be kept" />;
}
