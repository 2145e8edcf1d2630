import type { ActionFunctionArgs } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { formText } from "~/lib/form-text.ts";

/** Changes what a hub is called and what its tunnel leads to. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const form = await args.request.formData();
  const { problem } = await attempt(
    args.context.api.hubs.update({
      hubId: args.params.hubId ?? "",
      name: formText(form, "name"),
      serviceUrl: formText(form, "serviceUrl") || undefined,
    }),
  );
  return { problem };
}
