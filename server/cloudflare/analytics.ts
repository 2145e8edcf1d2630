import * as z from "zod";
import { type Brake, createBrake } from "./brake.ts";
import { CloudflareError } from "./errors.ts";
import { type FetchJsonOptions, fetchJson } from "./fetch-json.ts";
import type { AskAnalytics } from "./r2-usage.ts";

/** Analytics take 300 questions in five minutes; some are left to other processes of ours. */
const LIMIT = 280;
/** Told to wait, but not how long, ms. */
const BLOCKED_MS = 60_000;
const FORBIDDEN = /not authorized|does not have access/i;

const Answer = z.object({
  data: z.unknown(),
  errors: z
    .array(z.object({ message: z.string() }))
    .nullish()
    .transform((errors) => errors ?? []),
});

/**
 * Asks Cloudflare's analytics by GraphQL. Never waits and never repeats: questions are asked again by themselves, later. An
 * answer with errors in it is a failure, whatever its status.
 *
 * @param options.brake of the other calls of the token: a block holds for both
 * @see https://developers.cloudflare.com/analytics/graphql-api/limits/
 */
export function createAnalytics(options: FetchJsonOptions & { readonly brake: Brake }): AskAnalytics {
  const own = createBrake({ limit: LIMIT });
  const { brake, onCall } = options;
  return async ({ operation, query, variables, data }) => {
    const waitMs = brake.blockedMs() || own.take();
    const fail = (status: number, messages: readonly string[], retryAfterSeconds: number | null = null) =>
      new CloudflareError(
        operation,
        status,
        messages.map((message) => ({ code: 0, message })),
        { retryAfterSeconds },
      );
    if (waitMs > 0) {
      onCall?.(operation, "held");
      throw fail(429, ["held back by our own brake"], Math.ceil(waitMs / 1_000));
    }
    const { status, headers, body } = await fetchJson(options, {
      operation,
      method: "POST",
      path: "/graphql",
      body: { query, variables },
    });
    if (status === 429) {
      const seconds = Number(headers.get("retry-after"));
      const blockMs = seconds > 0 ? seconds * 1_000 : BLOCKED_MS;
      for (const each of [own, brake]) each.block(blockMs);
      onCall?.(operation, "limited");
      throw fail(429, [], Math.ceil(blockMs / 1_000));
    }
    const answer = Answer.safeParse(body);
    if (status >= 400 || !answer.success) {
      onCall?.(operation, status >= 500 || !answer.success ? "failed" : "refused");
      throw fail(status, answer.success ? answer.data.errors.map(({ message }) => message) : []);
    }
    const messages = answer.data.errors.map(({ message }) => message);
    if (messages.length > 0) {
      onCall?.(operation, "refused");
      throw fail(messages.some((message) => FORBIDDEN.test(message)) ? 403 : 400, messages);
    }
    const parsed = data.safeParse(answer.data.data);
    if (!parsed.success) {
      onCall?.(operation, "failed");
      const places = parsed.error.issues.map(
        ({ path, message }) => `${path.map(String).join(".")}: ${message}`,
      );
      throw fail(status, [`an answer that we do not understand: ${places.join("; ")}`]);
    }
    onCall?.(operation, "ok");
    return parsed.data;
  };
}
