import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { attempt } from "~/bridge/form-problem.server.ts";
import { requireSession } from "~/bridge/require-session.server.ts";
import { formText } from "~/lib/form-text.ts";
import { paths } from "~/lib/paths.ts";

/** Releases the endpoint when its name was typed. */
export async function action(args: ActionFunctionArgs) {
  requireSession(args);
  const slug = args.params.slug ?? "";
  const typed = formText(await args.request.formData(), "confirmation");
  if (typed !== slug) return { problem: { message: `Type ${slug} to confirm.` } };
  const { problem } = await attempt(args.context.api.endpoints.release({ slug }));
  if (problem) return { problem };
  throw redirect(`${paths.endpoints}?done=endpoint-released`);
}
