import type { ActionFunctionArgs } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";

/** Takes one tax id off the invoices to come. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const { problem } = await attempt(args.context.api.billing.removeTaxId({ id: args.params.taxId ?? "" }));
  return { problem };
}
