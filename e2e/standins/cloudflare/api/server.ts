import { createServer, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { FaultAnswer, Faults } from "../core/faults.ts";
import type { World } from "../core/world.ts";
import { type ApiAnswer, type ApiRequest, answerApi } from "./answer.ts";
import { refused } from "./envelope.ts";
import { answerGraphql } from "./graphql.ts";

const PREFIX = "/client/v4";
const TOO_MANY = "Please wait and consider throttling your request speed";

/** Of a call: it has come, nothing was done; it was done, and nobody knows yet. */
export type Moment = "arrived" | "done";

export interface ApiServerOptions {
  readonly world: World;
  readonly token: string;
  readonly faults: Faults;
  readonly calls: string[];
  /** Hears of each call twice: before it is carried out, and after, before it is answered. */
  watch(call: string, moment: Moment): void;
  /** All that is held; told at `/standin`, which is no call. */
  list(): object;
  /** Resolves when what was changed is kept. */
  saved(): Promise<void>;
}

/** `api.cloudflare.com` on a port: rate limit first, then faults that were asked for, then the call. */
export function createApiServer(options: ApiServerOptions): Server {
  return createServer((request, response) => {
    const url = new URL(request.url!, "http://cloudflare");
    const call = async () => {
      if (url.pathname === "/standin") {
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(options.list()));
        return;
      }
      const asked: ApiRequest = {
        method: request.method!,
        path: url.pathname.startsWith(PREFIX) ? url.pathname.slice(PREFIX.length) : "",
        query: url.searchParams,
        headers: request.headers,
        body: await text(request),
      };
      const called = `${asked.method} ${url.pathname}`;
      options.calls.push(called);
      options.watch(called, "arrived");
      await serve(options, asked, url.pathname + url.search, response);
    };
    call().catch((error: unknown) => response.destroy(error as Error));
  });
}

async function serve(
  options: ApiServerOptions,
  asked: ApiRequest,
  target: string,
  response: ServerResponse,
): Promise<void> {
  const { world, faults, token } = options;
  const limited = world.rate.take();
  if (limited)
    return send(options, response, { status: 429, body: refused(10_013, TOO_MANY) }, limited.retryAfter);
  const carryOut = async (): Promise<ApiAnswer> => {
    const answer =
      asked.path === "/graphql" && asked.headers.authorization === `Bearer ${token}`
        ? { status: 200, body: await answerGraphql(world, JSON.parse(asked.body)) }
        : await answerApi(world, token, asked);
    await options.saved();
    options.watch(`${asked.method} ${PREFIX}${asked.path}`, "done");
    return answer;
  };
  const fault = faults.take(asked.method, target);
  if (!fault) return send(options, response, await carryOut());
  if (fault.delayMs !== undefined) await sleep(fault.delayMs);
  const own = fault.done || fault.status === 200 ? await carryOut() : null;
  if (fault.hang) return;
  send(options, response, fault.status === 200 && own ? own : faulty(fault), fault.retryAfter);
}

function faulty({ status, code, message }: FaultAnswer): ApiAnswer {
  return { status, body: refused(code ?? 10_001, message ?? "Internal server error") };
}

function send(
  { world }: ApiServerOptions,
  response: ServerResponse,
  { status, body }: ApiAnswer,
  retryAfter?: number,
): void {
  response
    .writeHead(status, {
      "content-type": "application/json",
      "cf-ray": "8f0000000000cafe-STN",
      ...world.rate.headers(),
      ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
    })
    .end(JSON.stringify(body));
}
