import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod";
import { type Brake, createBrake } from "./brake.ts";
import { CloudflareError } from "./errors.ts";
import { type FetchJsonOptions, fetchJson } from "./fetch-json.ts";

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
  readonly brake: Brake;
}

export interface CloudflareClientOptions extends FetchJsonOptions {
  /** Shared by all clients of one token. */
  readonly brake?: Brake;
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
  const { onCall, pauseMs = PAUSE_MS } = options;
  const brake = options.brake ?? createBrake();

  async function send<T>(call: CloudflareCall<T>): Promise<T> {
    const waitMs = brake.take();
    if (waitMs > LONGEST_WAIT_MS) {
      onCall?.(call.operation, "held");
      throw new CloudflareError(call.operation, 429, [{ code: 0, message: "held back by our own brake" }], {
        retryAfterSeconds: Math.ceil(waitMs / 1_000),
      });
    }
    if (waitMs > 0) {
      await delay(waitMs);
      return send(call);
    }
    const { status, headers, body } = await fetchJson(options, call);
    const error = (errors: readonly { code: number; message: string }[], retryAfterSeconds?: number) =>
      new CloudflareError(call.operation, status, errors, { retryAfterSeconds: retryAfterSeconds ?? null });
    obeyRateHeaders(headers, brake);
    const parsed = Envelope.safeParse(body);
    if (status === 429) {
      const seconds = Number(headers.get("retry-after"));
      brake.block(seconds > 0 ? seconds * 1_000 : BLOCKED_MS);
      onCall?.(call.operation, "limited");
      throw error(parsed.data?.errors ?? [], Math.ceil(brake.blockedMs() / 1_000));
    }
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

  async function call<T>(asked: CloudflareCall<T>): Promise<T> {
    const repeats = asked.method === "POST" || asked.method === "PATCH" ? 0 : REPEATS;
    for (let attempt = 0; ; attempt++) {
      try {
        return await send(asked);
      } catch (error) {
        if (attempt >= repeats || !isPassing(error)) throw error;
        await delay(pauseMs * 2 ** attempt * (0.5 + Math.random()));
      }
    }
  }

  return {
    brake,
    call,
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

/** Where, never what: a value may be a secret. */
function placesOf(error: z.core.$ZodError): string {
  return error.issues.map(({ path, message }) => `${path.map(String).join(".")}: ${message}`).join("; ");
}
