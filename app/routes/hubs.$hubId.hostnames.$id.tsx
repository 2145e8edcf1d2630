import type { ActionFunctionArgs } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";

/** Takes a further host name of a hub back. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const { hubId = "", id = "" } = args.params;
  const { problem } = await attempt(args.context.api.hubs.removeHostname({ hubId, id }));
  return { problem };
}
