import { type ActionFunctionArgs, data } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { noStore } from "~/lib/no-store.ts";

/** Makes a new hub token; the answer is the only place where it is ever shown. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const { value, problem } = await attempt(
    args.context.api.hubs.rotateToken({ hubId: args.params.hubId ?? "" }),
  );
  return data({ hubToken: value?.hubToken ?? null, problem }, { headers: noStore });
}
