import { type ActionFunctionArgs, data } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { noStore } from "~/lib/no-store.ts";

/** Makes a new license key; the answer is the only place where it is ever shown. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const { value, problem } = await attempt(args.context.api.licenses.issueKey());
  return data({ licenseKey: value?.licenseKey ?? null, problem }, { headers: noStore });
}
