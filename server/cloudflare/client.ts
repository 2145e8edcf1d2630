import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { type Brake, createBrake } from "./brake.ts";
import { CloudflareError } from "./errors.ts";

/** One call to Cloudflare's API. */
export interface CloudflareCall<T> {
  /** For logs, errors and metrics, e.g. `tunnels.create`. */
  readonly operation: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Behind the base; parts are encoded by whoever builds it. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** Of `result`. */
  readonly result: z.ZodType<T>;
}

/** How a call ended, for metrics. `held` was not sent: the brake is on. */
export type CallOutcome = "ok" | "refused" | "limited" | "failed" | "unreachable" | "held";

export interface CloudflareClient {
  /** @throws CloudflareError */
  call<T>(call: CloudflareCall<T>): Promise<T>;
  /** All pages of a list that is numbered by pages. @throws CloudflareError */
  list<T>(call: Omit<CloudflareCall<T>, "method" | "result"> & { item: z.ZodType<T> }): Promise<T[]>;
  /** Asks the analytics. A question may be repeated. @throws CloudflareError, also for an answer of 200 that tells of errors */
  ask<T>(question: {
    readonly operation: string;
    readonly query: string;
    readonly variables: Readonly<Record<string, string>>;
    /** Of `data`. */
    readonly data: z.ZodType<T>;
  }): Promise<T>;
  readonly brake: Brake;
}

export interface CloudflareClientOptions {
  readonly token: string;
  /** `https://api.cloudflare.com/client/v4`, without a slash at the end. */
  readonly apiBase: string;
  /** Shared by all clients of one token. */
  readonly brake?: Brake;
  readonly onCall?: (operation: string, outcome: CallOutcome) => void;
  /** Of one try, ms. */
  readonly timeoutMs?: number;
  /** Pause before the first repeat, ms; doubled for the next. */
  readonly pauseMs?: number;
}

const Envelope = z.object({
  success: z.boolean(),
  errors: z
    .array(z.object({ code: z.number(), message: z.string() }))
    .nullish()
    .transform((errors) => errors ?? []),
  result: z.unknown(),
});

/** GraphQL has an envelope of its own. */
const Answer = z.object({
  data: z.unknown(),
  errors: z
    .array(z.object({ message: z.string() }))
    .nullish()
    .transform((errors) => errors ?? []),
});

/** Slow calls of Cloudflare's take seconds; a minute would hold up everything behind. */
const TIMEOUT_MS = 20_000;
const REPEATS = 2;
const PAUSE_MS = 300;
/** Longer than this nobody waits in line: the job comes again. */
const LONGEST_WAIT_MS = 2_000;
/** Told to wait, but not how long. */
const BLOCKED_MS = 60_000;
const PAGE_SIZE = 50;
/** A list longer than this is no list of ours. */
const MAX_PAGES = 200;

/**
 * Calls Cloudflare's API. What can be repeated without harm (all but POST and PATCH) is, twice, when no answer or a 5xx came; nothing
 * else: there are no idempotency keys, so whoever creates looks whether it was made. A 429 stops all callers of the brake.
 *
 * Plain fetch with schemas for what we read, and not the `cloudflare` package: that is 119 MB installed, repeats creations by itself
 * and asks for a page too many of every list.
 */
export function createCloudflareClient(options: CloudflareClientOptions): CloudflareClient {
  const { token, apiBase, onCall, timeoutMs = TIMEOUT_MS, pauseMs = PAUSE_MS } = options;
  const brake = options.brake ?? createBrake();

  /** One try, if the brake lets it go; a 429 is thrown. */
  async function exchange(call: Omit<CloudflareCall<unknown>, "result">) {
    const waitMs = brake.take();
    if (waitMs > LONGEST_WAIT_MS) {
      onCall?.(call.operation, "held");
      throw new CloudflareError(call.operation, 429, [{ code: 0, message: "held back by our own brake" }], {
        retryAfterSeconds: Math.ceil(waitMs / 1_000),
      });
    }
    if (waitMs > 0) {
      await delay(waitMs);
      return exchange(call);
    }
    const { status, headers, body } = await fetchJson(call);
    obeyRateHeaders(headers, brake);
    if (status === 429) {
      const seconds = Number(headers.get("retry-after"));
      brake.block(seconds > 0 ? seconds * 1_000 : BLOCKED_MS);
      onCall?.(call.operation, "limited");
      throw new CloudflareError(call.operation, status, Envelope.safeParse(body).data?.errors ?? [], {
        retryAfterSeconds: Math.ceil(brake.blockedMs() / 1_000),
      });
    }
    return { status, body };
  }

  async function send<T>(call: CloudflareCall<T>): Promise<T> {
    const { status, body } = await exchange(call);
    const error = (errors: readonly { code: number; message: string }[]) =>
      new CloudflareError(call.operation, status, errors);
    const parsed = Envelope.safeParse(body);
    if (!parsed.success || status >= 400 || !parsed.data.success) {
      onCall?.(call.operation, status >= 500 || !parsed.success ? "failed" : "refused");
      throw error(parsed.data?.errors ?? []);
    }
    const result = call.result.safeParse(parsed.data.result);
    if (!result.success) {
      onCall?.(call.operation, "failed");
      throw error([{ code: 0, message: `an answer that we do not understand: ${placesOf(result.error)}` }]);
    }
    onCall?.(call.operation, "ok");
    return result.data;
  }

  async function sendQuestion<T>({
    operation,
    query,
    variables,
    data,
  }: Parameters<typeof ask<T>>[0]): Promise<T> {
    const { status, body } = await exchange({
      operation,
      method: "POST",
      path: "/graphql",
      body: { query, variables },
    });
    const answer = Answer.safeParse(body);
    const result = data.safeParse(answer.data?.data);
    if (status < 400 && answer.data?.errors.length === 0 && result.success) {
      onCall?.(operation, "ok");
      return result.data;
    }
    onCall?.(operation, "failed");
    const told = answer.data?.errors.map(({ message }) => ({ code: 0, message })) ?? [];
    const why = result.error ? `an answer that we do not understand: ${placesOf(result.error)}` : "no data";
    throw new CloudflareError(operation, status, told.length > 0 ? told : [{ code: 0, message: why }]);
  }

  async function fetchJson(call: Omit<CloudflareCall<unknown>, "result">) {
    const query = new URLSearchParams(
      Object.entries(call.query ?? {}).map(([name, value]) => [name, String(value)]),
    ).toString();
    try {
      const response = await fetch(`${apiBase}${call.path}${query ? `?${query}` : ""}`, {
        method: call.method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(call.body && { "content-type": "application/json" }),
          ...call.headers,
        },
        ...(call.body && { body: JSON.stringify(call.body) }),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: parseJson(text) };
    } catch (cause) {
      onCall?.(call.operation, "unreachable");
      // The cause names a host and what the socket said; headers are not in it.
      throw new CloudflareError(call.operation, 0, [], { cause });
    }
  }

  const call = <T>(asked: CloudflareCall<T>): Promise<T> =>
    repeat(asked.method === "POST" || asked.method === "PATCH" ? 0 : REPEATS, () => send(asked));
  const ask: CloudflareClient["ask"] = (question) => repeat(REPEATS, () => sendQuestion(question));

  async function repeat<T>(repeats: number, attemptOnce: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await attemptOnce();
      } catch (error) {
        if (attempt >= repeats || !isPassing(error)) throw error;
        await delay(pauseMs * 2 ** attempt * (0.5 + Math.random()));
      }
    }
  }

  return {
    brake,
    call,
    ask,
    async list({ item, query, ...asked }) {
      const all: z.output<typeof item>[] = [];
      for (let page = 1; page <= MAX_PAGES; page++) {
        const found = await call({
          ...asked,
          method: "GET",
          query: { ...query, page, per_page: PAGE_SIZE },
          result: z.array(item),
        });
        all.push(...found);
        if (found.length < PAGE_SIZE) return all;
      }
      throw new CloudflareError(asked.operation, 0, [{ code: 0, message: "a list without an end" }]);
    },
  };
}

/** No answer, or one that says it is Cloudflare's own trouble. */
function isPassing(error: unknown): boolean {
  return error instanceof CloudflareError && (error.status === 0 || error.status >= 500);
}

/** Stops before Cloudflare does: either form of its headers. */
function obeyRateHeaders(headers: Headers, brake: Brake): void {
  const [, remaining, reset] = /\br=(\d+);t=(\d+)/.exec(headers.get("ratelimit") ?? "") ?? [];
  const left = remaining ?? headers.get("x-ratelimit-remaining");
  const seconds = Number(reset ?? headers.get("x-ratelimit-reset"));
  if (left !== null && Number(left) === 0 && seconds > 0 && seconds <= 600) brake.block(seconds * 1_000);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A page of a proxy in between: told as an answer without an envelope.
    return null;
  }
}

/** Where, never what: a value may be a secret. */
function placesOf(error: z.core.$ZodError): string {
  return error.issues.map(({ path, message }) => `${path.map(String).join(".")}: ${message}`).join("; ");
}
