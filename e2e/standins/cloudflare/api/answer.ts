import { grants } from "../core/permissions.ts";
import type { World } from "../core/world.ts";
import { bucketRoutes } from "./buckets.ts";
import type { Call, Route } from "./call.ts";
import { envelope, Refusal, refused } from "./envelope.ts";
import { recordRoutes } from "./records.ts";
import { tokenRoutes } from "./tokens.ts";
import { tunnelRoutes } from "./tunnels.ts";
import { zoneRoutes } from "./zones.ts";

const routes: readonly Route[] = [
  ...tunnelRoutes,
  ...recordRoutes,
  ...bucketRoutes,
  ...tokenRoutes,
  ...zoneRoutes,
];

export interface ApiRequest {
  readonly method: string;
  /** After `/client/v4`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: object;
}

/** Carries out one call: who asks, what for, may they, and the answer in Cloudflare's envelope. */
export async function answerApi(
  world: World,
  platformToken: string,
  request: ApiRequest,
): Promise<ApiAnswer> {
  try {
    const tokenId = authenticate(world, platformToken, request);
    const { route, params } = findRoute(world, request);
    // A minted token has its bucket and nothing else.
    const allowed =
      route.permission === null || (tokenId === null && grants(world.granted, route.permission));
    if (!allowed) throw new Refusal(403, 10_000, "Authentication error");
    const call: Call = { ...request, world, params, tokenId, body: readBody(request) };
    const answer = { status: 200, body: envelope(await route.answer(call)) };
    if (request.method !== "GET") world.onChange();
    return answer;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { status: error.status, body: refused(error.code, error.message) };
  }
}

function authenticate(world: World, platformToken: string, request: ApiRequest): string | null {
  const header = request.headers.authorization;
  if (header === undefined)
    throw new Refusal(400, 9_106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers");
  const value = /^Bearer (\S+)$/.exec(String(header))?.[1];
  if (value === undefined) throw new Refusal(400, 6_003, "Invalid request headers");
  if (value === platformToken) return null;
  const token = world.tokenByValue(value);
  if (token) return token.id;
  throw request.path.endsWith("/tokens/verify")
    ? new Refusal(401, 1_000, "Invalid API Token")
    : new Refusal(403, 10_000, "Authentication error");
}

function findRoute(world: World, { method, path }: ApiRequest): { route: Route; params: string[] } {
  for (const route of routes) {
    const match = route.method === method ? route.pattern.exec(path) : null;
    if (!match) continue;
    const { account = world.accountId, zone = world.zoneId } = match.groups ?? {};
    // Whose account or zone it is not may not know whether it exists.
    if (account !== world.accountId || zone !== world.zoneId)
      throw new Refusal(403, 10_000, "Authentication error");
    const named = Object.keys(match.groups ?? {}).length;
    return { route, params: match.slice(1 + named).map(decodeURIComponent) };
  }
  throw new Refusal(404, 7_003, `Could not route to ${path}, perhaps your object identifier is invalid?`);
}

function readBody({ body }: ApiRequest): unknown {
  if (body === "") return null;
  try {
    return JSON.parse(body);
  } catch {
    throw new Refusal(400, 6_007, "Malformed JSON in request body");
  }
}
