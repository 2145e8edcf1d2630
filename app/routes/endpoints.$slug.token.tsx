import { type ActionFunctionArgs, data } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { noStore } from "~/lib/no-store.ts";

/** Rotates the endpoint token; the answer is the only place where the new one is ever shown. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const { value, problem } = await attempt(
    args.context.api.endpoints.rotateToken({ slug: args.params.slug }),
  );
  return data({ endpointToken: value?.endpointToken ?? null, problem }, { headers: noStore });
}
