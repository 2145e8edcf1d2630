import type { LoaderFunctionArgs } from "@remix-run/node";
import { expect, test } from "vitest";
import { requireSession } from "./require-session.server.ts";

const args = (request: Request, session: unknown = null) =>
  ({ request, params: {}, context: { session } }) as unknown as LoaderFunctionArgs;

function whereTo(request: Request): string | null {
  try {
    requireSession(args(request));
  } catch (answer) {
    return (answer as Response).headers.get("location");
  }
  return null;
}

test("gives the session when there is one", () => {
  const session = { user: { id: "u" } };
  expect(requireSession(args(new Request("http://portal/license"), session))).toBe(session);
});

test("a page leads to the sign-in page and back to itself", () => {
  expect(whereTo(new Request("http://portal/endpoints/acme?before=x"))).toBe(
    "/sign-in?next=%2Fendpoints%2Facme%3Fbefore%3Dx",
  );
});

test("a form leads back to the page that it is on, or to the list", () => {
  const post = (headers: HeadersInit) =>
    new Request("http://portal/license/key", { method: "POST", headers });
  expect(whereTo(post({ referer: "http://portal/license" }))).toBe("/sign-in?next=%2Flicense");
  expect(whereTo(post({ referer: "not a url" }))).toBe("/sign-in?next=%2Fendpoints");
  expect(whereTo(post({}))).toBe("/sign-in?next=%2Fendpoints");
});
