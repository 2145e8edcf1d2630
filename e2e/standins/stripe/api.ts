import { setTimeout as delay } from "node:timers/promises";
import { StripeError } from "./core/errors.ts";
import { drawFault, type FaultKind } from "./core/faults.ts";
import { decodeForm, type FormObject, type FormValue } from "./core/form.ts";
import { parseParams } from "./core/params.ts";
import { render } from "./core/render.ts";
import type { Route } from "./core/routes.ts";
import { routes } from "./resources/index.ts";
import type { Incoming, Outcome, Outgoing } from "./server.ts";
import type { World } from "./world.ts";

/**
 * Answers one call of the API: key, faults, idempotency, parameters, the resource itself, then the answer in the shape
 * of Stripe's.
 */
export async function answerApi(world: World, incoming: Incoming): Promise<Outcome> {
  const { method, url } = incoming;
  const requestId = world.id("req", 14);
  try {
    requireKey(incoming.headers.authorization);
  } catch (error) {
    return errorAnswer(error as StripeError, requestId);
  }
  const fault = drawFault(world.faults.calls, method, url.pathname, () => world.random.next());
  if (fault?.kind === "slow") await delay(fault.delayMs ?? 1000);
  const before = fault && beforeWork(fault.kind, requestId);
  if (before) return before;
  const answered = await answerOnce(world, incoming, requestId, fault?.kind ?? null);
  if (fault?.kind === "timeout_after") return "silence";
  if (fault?.kind === "reset_after") return "reset";
  return answered;
}

/** Faults that come instead of the work. */
function beforeWork(kind: FaultKind, requestId: string): Outcome | null {
  if (kind === "timeout") return "silence";
  if (kind === "reset") return "reset";
  if (kind !== "rate_limit") return null;
  return errorAnswer(tooMany(), requestId);
}

function tooMany(): StripeError {
  const message =
    "Request rate limit exceeded. You can learn more about rate limits here https://stripe.com/docs/rate-limits.";
  return new StripeError(429, message, { code: "rate_limit", shouldRetry: false });
}

/** Carries the call out, or gives the answer that its idempotency key has got before. */
async function answerOnce(
  world: World,
  incoming: Incoming,
  requestId: string,
  fault: FaultKind | null,
): Promise<Outgoing> {
  const { method, url, body } = incoming;
  const key = method === "POST" ? (incoming.headers["idempotency-key"] as string | undefined) : undefined;
  if (key === undefined) return (await carryOut(world, incoming, requestId, null, fault)).answer;
  const now = world.clock.now();
  try {
    const kept = world.keys.begin(key, `${method} ${url.pathname} ${body}`, now);
    if (kept) {
      const headers = {
        "idempotency-key": key,
        "idempotent-replayed": "true",
        "original-request": kept.requestId,
      };
      return jsonAnswer(kept.status, kept.body, requestId, headers);
    }
  } catch (error) {
    return errorAnswer(error as StripeError, requestId, key);
  }
  let keep: Parameters<typeof world.keys.end>[1] = null;
  try {
    const { answer, began } = await carryOut(world, incoming, requestId, key, fault);
    if (began) {
      keep = {
        call: `${method} ${url.pathname} ${body}`,
        status: answer.status,
        body: answer.body,
        requestId,
        at: now,
      };
    }
    return answer;
  } finally {
    world.keys.end(key, keep);
    world.keys.forgetBefore(now);
    world.onChange();
  }
}

/** @returns `began`: the call got past its checks, so its idempotency key keeps the answer */
async function carryOut(
  world: World,
  incoming: Incoming,
  requestId: string,
  key: string | null,
  fault: FaultKind | null,
): Promise<{ answer: Outgoing; began: boolean }> {
  const failed = () => errorAnswer(serverFault(), requestId, key);
  if (fault === "error_500") return { answer: failed(), began: true };
  try {
    const result = await dispatch(world, incoming, requestId, key);
    world.onChange();
    if (fault === "error_500_after") return { answer: failed(), began: true };
    const headers: Record<string, string> =
      key === null ? {} : { "idempotency-key": key, "original-request": requestId };
    return {
      answer: jsonAnswer(200, `${JSON.stringify(result, null, 2)}\n`, requestId, headers),
      began: true,
    };
  } catch (error) {
    world.onChange();
    const known = error instanceof StripeError;
    if (!known) process.stderr.write(`stripe stand-in: ${(error as Error).stack}\n`);
    const answer = errorAnswer(known ? error : serverFault(), requestId, key);
    // A refused card was tried; a refused parameter was not.
    return { answer, began: !known || error.type === "card_error" };
  }
}

const serverFault = () => new StripeError(500, "An unknown error occurred", { type: "api_error" });

async function dispatch(
  world: World,
  incoming: Incoming,
  requestId: string,
  key: string | null,
): Promise<object> {
  const { method, url } = incoming;
  const found = match(method, url.pathname);
  if (!found) {
    throw new StripeError(404, `Unrecognized request URL (${method}: ${url.pathname}).`, {
      code: "url_invalid",
    });
  }
  const { expand, ...input } = readInput(incoming);
  const parsed = parseParams(found.route.schema, input);
  const wanted = expandList(expand);
  world.request = { id: requestId, idempotencyKey: key };
  let result: object | Promise<object>;
  try {
    result = found.route.handle({ world, path: found.path, input: parsed as never, expand: wanted });
  } finally {
    world.request = null;
  }
  return render(await result, wanted, world.expander);
}

function readInput({ method, url, body, headers }: Incoming): FormObject {
  if (method !== "POST") return decodeForm(url.search.slice(1));
  if (headers["content-type"]?.startsWith("application/json")) return JSON.parse(body || "{}") as FormObject;
  return decodeForm(body);
}

function expandList(expand: FormValue | undefined): string[] {
  if (expand === undefined) return [];
  if (Array.isArray(expand) && expand.every((path) => typeof path === "string")) {
    const deep = (expand as string[]).find((path) => path.split(".").length > 4);
    if (deep === undefined) return expand as string[];
    throw new StripeError(400, `You cannot expand more than 4 levels of a property (${deep}).`, {
      param: "expand",
    });
  }
  throw new StripeError(400, "Invalid array", { param: "expand" });
}

function match(method: string, path: string): { route: Route; path: Record<string, string> } | null {
  for (const route of routes) {
    if (route.method !== method) continue;
    const found = route.pattern.exec(path);
    if (found) {
      const parts = Object.entries(found.groups ?? {}).map(([name, part]) => [
        name,
        decodeURIComponent(part),
      ]);
      return { route, path: Object.fromEntries(parts) as Record<string, string> };
    }
  }
  return null;
}

/** Bearer, or the key as the user of basic authentication, as in Stripe's curl examples. */
function requireKey(authorization: string | undefined): void {
  const [scheme, value = ""] = (authorization ?? "").split(" ");
  const basic =
    scheme?.toLowerCase() === "basic" ? Buffer.from(value, "base64").toString("utf8").split(":")[0] : null;
  const key = scheme?.toLowerCase() === "bearer" ? value : (basic ?? "");
  if (key === "") {
    const advice = "You need to provide your API key in the Authorization header, using Bearer auth.";
    throw new StripeError(401, `You did not provide an API key. ${advice}`);
  }
  if (!/^(sk|rk)_test_\w+$/.test(key)) {
    throw new StripeError(401, `Invalid API Key provided: ${key.slice(0, 8)}****`, {
      code: "api_key_invalid",
    });
  }
}

function jsonAnswer(
  status: number,
  body: string,
  requestId: string,
  headers: Record<string, string> = {},
): Outgoing {
  const common = {
    "content-type": "application/json",
    "request-id": requestId,
    "stripe-version": "2026-10-28.endive",
  };
  return { status, headers: { ...common, ...headers }, body };
}

function errorAnswer(error: StripeError, requestId: string, key: string | null = null): Outgoing {
  const headers = {
    ...(error.shouldRetry === null ? {} : { "stripe-should-retry": String(error.shouldRetry) }),
    ...(key === null ? {} : { "idempotency-key": key }),
  };
  return jsonAnswer(error.status, `${JSON.stringify(error.body(requestId), null, 2)}\n`, requestId, headers);
}
