import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { formText } from "~/lib/form-text.ts";
import { paths } from "~/lib/paths.ts";

/** Adds a tax id; they are listed on the billing page. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const form = await args.request.formData();
  const { problem } = await attempt(
    args.context.api.billing.addTaxId({ type: formText(form, "type"), value: formText(form, "value") }),
  );
  return { problem };
}

export function loader() {
  throw redirect(paths.billing);
}
