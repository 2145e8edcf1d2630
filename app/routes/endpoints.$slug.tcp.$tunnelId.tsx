import type { ActionFunctionArgs } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";

/** Gives the port of one TCP tunnel back. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const { problem } = await attempt(args.context.api.tcpTunnels.release({ id: args.params.tunnelId ?? "" }));
  return { problem };
}
