import type { ActionFunctionArgs } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { formText } from "~/lib/form-text.ts";

/** Looks at the DNS of one custom domain now, or removes it. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const { domains } = args.context.api;
  const id = args.params.domainId ?? "";
  if (formText(await args.request.formData(), "do") === "remove") {
    const { problem } = await attempt(domains.remove({ id }));
    return { domain: null, problem };
  }
  const { value, problem } = await attempt(domains.verify({ id }));
  return { domain: value, problem };
}
