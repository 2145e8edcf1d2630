import { type ActionFunctionArgs, data, redirect } from "@remix-run/node";
import { paths } from "~/lib/paths.ts";
import { safeNext } from "~/lib/safe-next.ts";
import { readTheme, themeCookie } from "~/lib/theme.ts";

/** Remembers the chosen look. Without scripts the browser is sent back to the page it came from. */
export async function action({ request }: ActionFunctionArgs) {
  const form = await request.formData();
  const headers = { "set-cookie": themeCookie(readTheme(form.get("theme")?.toString())) };
  const isDocument = request.headers.get("sec-fetch-dest") === "document";
  return isDocument ? redirect(backOf(request), { headers }) : data({ ok: true }, { headers });
}

function backOf(request: Request): string {
  const referrer = request.headers.get("referer");
  if (!referrer || !URL.canParse(referrer)) return paths.home;
  const { pathname, search } = new URL(referrer);
  return safeNext(pathname + search, paths.home);
}
