import { type ActionFunctionArgs, redirect } from "@remix-run/node";
import { paths } from "~/lib/paths.ts";

/** A form only: a link that signs people out could be put on any page. */
export async function action({ context }: ActionFunctionArgs) {
  const result = await context.auth.signOut();
  return redirect(`${paths.home}?done=signed-out`, { headers: result.ok ? result.headers : undefined });
}

export async function loader() {
  return redirect(paths.home);
}
