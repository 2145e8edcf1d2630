import { z } from "zod";
import type { Db } from "../../db/client.ts";
import { askDatabase } from "../database-away.ts";
import type { Logger } from "../log.ts";
import { type Auth, clientAddressHeader } from "./auth.ts";
import { BadBodyError, checkFields, cleanName, readAuthBody } from "./body.ts";
import type { KnownBrowsers } from "./known-browser.ts";
import { accountKey, accountLimits, type Consumed, consumeLimit } from "./limits.ts";

/**
 * Paths under /api/auth that exist, by method. better-auth has many more (organizations, profile, sessions); what no
 * page or program of ours needs is not there.
 */
const paths: Readonly<Record<string, "GET" | "POST">> = {
  "/sign-up/email": "POST",
  "/sign-in/email": "POST",
  "/sign-out": "POST",
  "/get-session": "GET",
  "/send-verification-email": "POST",
  "/verify-email": "GET",
  "/request-password-reset": "POST",
  "/reset-password": "POST",
  "/device/code": "POST",
  "/device/token": "POST",
  "/device": "GET",
  "/device/approve": "POST",
  "/device/deny": "POST",
};

/**
 * Answers that could tell by their time whether an address has an account leave at whole multiples of this, in
 * milliseconds: well above what a password hash and two inserts take.
 */
const timeStepMs = 400;
const evenTimedPaths = new Set(["/sign-up/email", "/request-password-reset", "/send-verification-email"]);
const mailingPaths = evenTimedPaths;
/** 254 characters: the longest address that SMTP can carry. */
const isEmail = z.email().max(254);

export interface AuthHandlerDeps {
  readonly auth: Auth;
  readonly db: Db;
  readonly log: Logger;
  readonly knownBrowsers: KnownBrowsers;
}

/**
 * Everything that may be asked of better-auth over HTTP, and by our pages, which go the same way so that the same
 * limits hold.
 *
 * @param request its url's path starts with /api/auth
 * @param clientAddress from our own ingress; what headers say about it is removed
 */
export type AuthHandler = (request: Request, clientAddress: string) => Promise<Response>;

export function createAuthHandler(deps: AuthHandlerDeps): AuthHandler {
  return async (request, clientAddress) => {
    const startedAt = performance.now();
    const path = new URL(request.url).pathname.slice("/api/auth".length);
    const response = await answer(deps, request, path, clientAddress).catch((error) => {
      if (!(error instanceof BadBodyError)) throw error;
      return refusal(error.status, "INVALID_BODY", error.message, error.field ? { field: error.field } : {});
    });
    if (evenTimedPaths.has(path)) await waitForStep(startedAt);
    response.headers.set("cache-control", "no-store");
    return response;
  };
}

async function answer(
  deps: AuthHandlerDeps,
  request: Request,
  path: string,
  clientAddress: string,
): Promise<Response> {
  const method = paths[path];
  if (!method) return refusal(404, "NOT_FOUND", "There is nothing under this address.");
  if (request.method !== method) {
    return refusal(405, "METHOD_NOT_ALLOWED", `Use ${method}.`, {}, { allow: method });
  }
  checkFields(Object.fromEntries(new URL(request.url).searchParams));
  const body = method === "POST" ? await readAuthBody(request) : null;
  if (path === "/sign-up/email" && body) {
    const name = cleanName(body.name);
    if (!name)
      return refusal(400, "INVALID_NAME", "A name has 1 to 80 characters and no links.", { field: "name" });
    body.name = name;
  }

  const email = typeof body?.email === "string" ? body.email.trim() : null;
  if (body && email !== null) {
    if (!isEmail.safeParse(email).success) {
      return refusal(400, "INVALID_EMAIL", "This is not an e-mail address.", { field: "email" });
    }
    body.email = email;
  }
  const limited = email ? await limitAccount(deps, request, path, email, clientAddress) : null;
  if (limited && !limited.allowed) return tooMany(limited.retryAfterSeconds);

  const response = await deps.auth.handler(inner(request, body, clientAddress));
  // It keeps the reason to itself: when the database is away, that is the answer.
  if (response.status >= 500) await askDatabase(deps.db);
  const result = new Response(response.body, response);
  const retryAfter = result.headers.get("x-retry-after");
  if (retryAfter) result.headers.set("retry-after", retryAfter);
  if (path === "/sign-in/email" && response.status === 200 && email) {
    result.headers.append("set-cookie", deps.knownBrowsers.cookieFor(email));
  }
  return result;
}

/** The request as better-auth sees it: a body we have read, and the address that we saw. */
function inner(request: Request, body: Record<string, unknown> | null, clientAddress: string): Request {
  const headers = new Headers(request.headers);
  for (const name of [...headers.keys()]) {
    if (name.startsWith("x-forwarded-") || name.startsWith("x-hotspot-") || name === "forwarded")
      headers.delete(name);
  }
  headers.delete("content-length");
  headers.set(clientAddressHeader, clientAddress);
  if (!body) return new Request(request.url, { method: request.method, headers });
  headers.set("content-type", "application/json");
  return new Request(request.url, { method: request.method, headers, body: JSON.stringify(body) });
}

async function limitAccount(
  { db, knownBrowsers }: AuthHandlerDeps,
  request: Request,
  path: string,
  email: string,
  clientAddress: string,
): Promise<Consumed> {
  const account = accountKey(email).slice(0, 320);
  if (path === "/sign-in/email") {
    const known = knownBrowsers.recognise(request.headers.get("cookie"), email);
    if (known) return consumeLimit(db, `sign-in:known:${account}`, accountLimits.signInFromKnownBrowser);
    const here = await consumeLimit(
      db,
      `sign-in:${clientAddress}:${account}`,
      accountLimits.signInFromAddress,
    );
    return here.allowed ? consumeLimit(db, `sign-in:any:${account}`, accountLimits.signInFromAnywhere) : here;
  }
  if (mailingPaths.has(path)) {
    const here = await consumeLimit(db, `mail:${clientAddress}:${account}`, accountLimits.mailFromAddress);
    return here.allowed ? consumeLimit(db, `mail:any:${account}`, accountLimits.mailFromAnywhere) : here;
  }
  return { allowed: true };
}

function refusal(
  status: number,
  code: string,
  message: string,
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Response {
  return Response.json({ code, message, ...more }, { status, headers });
}

function tooMany(retryAfterSeconds: number): Response {
  return refusal(
    429,
    "TOO_MANY_REQUESTS",
    "Too many tries. Wait a little, then try again.",
    {},
    { "retry-after": String(retryAfterSeconds), "x-retry-after": String(retryAfterSeconds) },
  );
}

function waitForStep(startedAt: number): Promise<void> {
  const passed = performance.now() - startedAt;
  const wait = Math.ceil(passed / timeStepMs) * timeStepMs - passed;
  return new Promise((resolve) => setTimeout(resolve, wait));
}
