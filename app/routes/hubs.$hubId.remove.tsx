import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { paths } from "~/lib/paths.ts";

/** Forgets a hub that is off. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const { problem } = await attempt(args.context.api.hubs.remove({ hubId: args.params.hubId ?? "" }));
  if (problem) return { problem };
  throw redirect(`${paths.hubs}?done=hub-removed`);
}
