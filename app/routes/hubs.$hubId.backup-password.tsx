import { type ActionFunctionArgs, data } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { noStore } from "~/lib/no-store.ts";

/** Tells the password of a hub's backups, which is written to the audit log. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const { value, problem } = await attempt(
    args.context.api.hubs.backupPassword({ hubId: args.params.hubId ?? "" }),
  );
  return data({ password: value?.password ?? null, problem }, { headers: noStore });
}
