import * as z from "zod";
import { NoAnswerError, ProxyRefusedError } from "../network/errors.ts";
import { request } from "../network/http.ts";
import type { Network } from "../network/network.ts";
import { agentName } from "../version.ts";
import { PortalError, PortalUnreachableError } from "./errors.ts";

/** The portal is asked at start and then rarely: better a clear "no answer" than a long wait. */
const TIMEOUT_MS = 15_000;

const ErrorBody = z.object({
  error: z.object({ code: z.string(), message: z.string(), requestId: z.string().optional() }),
});

export interface PortalTransportOptions {
  portal: string;
  /** Sent with every call; null where the body has the proof. */
  bearer: string | null;
  network: Network;
}

/** JSON calls to one portal. */
export class PortalTransport {
  private readonly options: PortalTransportOptions;

  constructor(options: PortalTransportOptions) {
    this.options = options;
  }

  /**
   * A call and its checked answer.
   * @throws PortalError for a refusal, PortalUnreachableError when there is no usable answer
   */
  async ask<T extends z.ZodType>(
    method: string,
    path: string,
    answer: T,
    body?: unknown,
    timeoutMs?: number,
  ): Promise<z.infer<T>> {
    const response = await this.send(method, path, body, timeoutMs);
    if (response.status >= 200 && response.status < 300) {
      const parsed = answer.safeParse(response.body);
      if (parsed.success) return parsed.data;
      throw new PortalUnreachableError(
        `the portal ${this.options.portal} answered ${path} with something else`,
      );
    }
    const fault = ErrorBody.safeParse(response.body);
    if (!fault.success) {
      const message = `the portal answered ${response.status} to ${method} ${path.split("?")[0]}`;
      // A 404 without our error body is not our portal.
      if (response.status === 404 || response.status >= 500) throw new PortalUnreachableError(message);
      throw new PortalError(response.status, `http_${response.status}`, message, response);
    }
    const { code, message, requestId } = fault.data.error;
    throw new PortalError(response.status, code, message, { ...response, requestId });
  }

  /** A call without reading errors as ours. @throws PortalUnreachableError */
  async send(
    method: string,
    path: string,
    body: unknown,
    timeoutMs: number = TIMEOUT_MS,
  ): Promise<{ status: number; body: unknown; retryAfterMs?: number }> {
    const { portal, bearer, network } = this.options;
    const headers: Record<string, string> = { accept: "application/json", "user-agent": agentName() };
    if (body !== undefined) headers["content-type"] = "application/json";
    if (bearer !== null) headers.authorization = `Bearer ${bearer}`;
    const url = `${portal}${path}`;
    const text = body === undefined ? undefined : JSON.stringify(body);
    try {
      const answer = await request(url, { method, headers, body: text, timeoutMs, network });
      if (answer.status >= 300 && answer.status < 400) {
        throw new Error(`it redirects to ${answer.header("location") ?? "another address"}`);
      }
      const seconds = Number(answer.header("retry-after") ?? Number.NaN);
      return {
        status: answer.status,
        body: readJson(answer.text),
        retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : undefined,
      };
    } catch (error) {
      const by = network.proxyFor(url);
      const way = by === null ? "" : ` by the proxy ${by.host}:${by.port} of ${by.source}`;
      throw new PortalUnreachableError(
        `the portal ${portal} does not answer${way} (${describe(error as Error)})`,
      );
    }
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the caller sees that it is not the shape it wants.
    return null;
  }
}

function describe(error: Error & { code?: string }): string {
  const cause = error.cause as (Error & { code?: string }) | undefined;
  if (error instanceof ProxyRefusedError || error instanceof NoAnswerError) return error.message;
  return cause?.code ?? error.code ?? cause?.message ?? error.message;
}

/** Whether what is sent to a portal can be read on the way: it is not https, and not on this machine. */
export function isReadableForOthers(portal: string): boolean {
  return (
    portal.startsWith("http:") &&
    !/^(localhost|127\.|\[::1\]|[^/]*\.localhost$)/.test(new URL(portal).hostname)
  );
}
