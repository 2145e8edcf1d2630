import { type ActionFunctionArgs, data, redirect } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { formText } from "~/lib/form-text.ts";
import { noStore } from "~/lib/no-store.ts";
import { paths } from "~/lib/paths.ts";

/** Makes an API key; the answer is the only place where it is ever shown. The keys are listed on the license page. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const name = formText(await args.request.formData(), "name");
  const { value, problem } = await attempt(args.context.api.apiKeys.create({ name }));
  return data({ secret: value?.secret ?? null, problem }, { headers: noStore });
}

export async function loader() {
  return redirect(paths.license);
}
