import { type ActionFunctionArgs, type LoaderFunctionArgs, redirect } from "@remix-run/node";
import { paths } from "../lib/paths.ts";
import { safeNext } from "../lib/safe-next.ts";
import type { PortalSession } from "./context.ts";

/**
 * Who is signed in, for pages that need somebody.
 *
 * @throws a redirect to the sign-in page, which leads back here: to this page, or for a form to the page it is on
 */
export function requireSession({ context, request }: LoaderFunctionArgs | ActionFunctionArgs): PortalSession {
  if (context.session) return context.session;
  throw redirect(paths.signIn(safeNext(addressOf(request), paths.endpoints)));
}

function addressOf(request: Request): string | null {
  const address = request.method === "GET" ? request.url : request.headers.get("referer");
  if (!address || !URL.canParse(address)) return null;
  const { pathname, search } = new URL(address);
  return pathname + search;
}
