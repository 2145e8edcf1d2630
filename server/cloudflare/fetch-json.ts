import type { CallOutcome } from "./client.ts";
import { CloudflareError } from "./errors.ts";

export interface FetchJsonOptions {
  readonly token: string;
  /** `https://api.cloudflare.com/client/v4`, without a slash at the end. */
  readonly apiBase: string;
  readonly onCall?: ((operation: string, outcome: CallOutcome) => void) | undefined;
  /** Of one try, ms. */
  readonly timeoutMs?: number | undefined;
}

/** Slow calls of Cloudflare's take seconds; a minute would hold up everything behind. */
const TIMEOUT_MS = 20_000;

/**
 * Sends one request and reads the answer, whatever its status. A body that is no JSON is null.
 * @throws CloudflareError with status 0: no answer came
 */
export async function fetchJson(
  { token, apiBase, onCall, timeoutMs = TIMEOUT_MS }: FetchJsonOptions,
  call: {
    readonly operation: string;
    readonly method: string;
    readonly path: string;
    readonly query?: Readonly<Record<string, string | number | boolean>> | undefined;
    readonly headers?: Readonly<Record<string, string>> | undefined;
    readonly body?: object | undefined;
  },
): Promise<{ status: number; headers: Headers; body: unknown }> {
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A page of a proxy in between: told as an answer without an envelope.
    return null;
  }
}
