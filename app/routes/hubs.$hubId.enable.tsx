import type { ActionFunctionArgs } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { formText } from "~/lib/form-text.ts";

/** Switches Managed Cloudflare on for a hub. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const form = await args.request.formData();
  const { problem } = await attempt(
    args.context.api.hubs.enable({
      hubId: args.params.hubId ?? "",
      requestedSubdomain: formText(form, "requestedSubdomain") || undefined,
      serviceUrl: formText(form, "serviceUrl") || undefined,
    }),
  );
  const suggestions: unknown = problem?.details.suggestions;
  return { problem: problem && { ...problem, suggestions: Array.isArray(suggestions) ? suggestions : [] } };
}
