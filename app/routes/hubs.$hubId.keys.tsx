import type { ActionFunctionArgs } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";

/** Replaces a hub's key for its bucket. The new one goes to the hub, never to a page. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const { problem } = await attempt(args.context.api.hubs.rotateKeys({ hubId: args.params.hubId ?? "" }));
  return { problem };
}
