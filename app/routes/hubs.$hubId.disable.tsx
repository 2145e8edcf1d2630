import type { ActionFunctionArgs } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { formText } from "~/lib/form-text.ts";

/** Switches Managed Cloudflare off for a hub; its backups are kept for some days, or deleted. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const form = await args.request.formData();
  const deleteBucket = formText(form, "fate") === "delete";
  const days = formText(form, "retentionDays");
  const { problem } = await attempt(
    args.context.api.hubs.disable({
      hubId: args.params.hubId ?? "",
      deleteBucket,
      ...(deleteBucket ? { confirmBucket: formText(form, "confirmBucket") } : {}),
      ...(days === "" ? {} : { retentionDays: Number(days) }),
    }),
  );
  return { problem };
}
