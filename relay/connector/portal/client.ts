import { hostname } from "node:os";
import * as z from "zod";
import { NoAnswerError, ProxyRefusedError } from "../network/errors.ts";
import { request } from "../network/http.ts";
import type { Network } from "../network/network.ts";
import type { Credential } from "../options/connect-options.ts";
import { agentName } from "../version.ts";
import { PortalError, PortalUnreachableError } from "./errors.ts";

/** The portal is asked at start and then rarely: better a clear "no answer" than a long wait. */
const TIMEOUT_MS = 15_000;

const ErrorBody = z.object({
  error: z.object({ code: z.string(), message: z.string(), requestId: z.string().optional() }),
});
const IssuedToken = z.object({
  connectorId: z.string(),
  connectorToken: z.string().min(1),
  relayUrl: z.string().min(1),
  expiresAt: z.coerce.date(),
});
export type IssuedToken = z.infer<typeof IssuedToken>;
const Registered = z.object({ endpoint: z.object({ publicBaseUrl: z.string() }), endpointToken: z.string() });
const OpenedTcpTunnel = z.object({ tunnel: z.object({ publicAddress: z.string() }) });
const Details = z.object({
  endpoint: z.object({ slug: z.string(), publicBaseUrl: z.string(), status: z.string() }).nullable(),
  relay: z.object({
    online: z.boolean(),
    connectors: z.array(
      z.object({
        connectorId: z.string(),
        deviceId: z.string().nullish(),
        version: z.string().nullish(),
        address: z.string().nullish(),
        since: z.string().nullish(),
        latencyMs: z.number().nullish(),
      }),
    ),
  }),
});
export type EndpointDetails = z.infer<typeof Details>;
const PublicStatus = z.object({
  slug: z.string(),
  online: z.boolean(),
  connectors: z.array(z.object({ connectorId: z.string(), since: z.string().nullish() })),
});
const CreatedApiKey = z.object({ secret: z.string().min(1) });
const CurrentTenant = z.object({ name: z.string() });

const LoggedRequest = z.object({
  id: z.string(),
  slug: z.string().nullable(),
  startedAt: z.coerce.date(),
  method: z.string(),
  path: z.string(),
  status: z.number(),
  bytesIn: z.number(),
  bytesOut: z.number(),
  durationMs: z.number(),
  errorCode: z.string().nullish(),
  accessKeyName: z.string().nullish(),
  clientAddress: z.string().nullish(),
  tokens: z
    .object({ model: z.string().nullable(), input: z.number(), output: z.number(), source: z.string() })
    .nullish(),
});
/** One line of the portal's request log. */
export type LoggedRequest = z.infer<typeof LoggedRequest>;
const RequestLog = z.object({ requests: z.array(LoggedRequest), nextCursor: z.string().nullable() });

export interface PortalClientOptions {
  portal: string;
  credential: Credential | null;
  deviceId: string;
  network: Network;
}

/**
 * The REST routes of the portal that a connector needs.
 * All methods throw PortalError for a refusal, PortalUnreachableError when there is no usable answer.
 */
export class PortalClient {
  private readonly options: PortalClientOptions;

  constructor(options: PortalClientOptions) {
    this.options = options;
  }

  /** A token for one connector of an endpoint. */
  issueConnector(slug: string): Promise<IssuedToken> {
    return this.post("/api/connectors/issue", IssuedToken, { ...this.proof(), endpointSlug: slug });
  }

  /** The public port of a TCP tunnel, opened when it has none yet. */
  async openTcpTunnel(slug: string, name: string): Promise<string> {
    const body = { ...this.proof(), endpointSlug: slug, name };
    return (await this.post("/api/tcp-tunnels", OpenedTcpTunnel, body)).tunnel.publicAddress;
  }

  /** Claims a name. The endpoint token in the answer is shown only this once. */
  registerEndpoint(slug: string) {
    return this.post("/api/endpoints/register", Registered, { ...this.proof(), slug });
  }

  /** The endpoint of this credential, with its connectors. */
  endpointDetails(slug: string | null): Promise<EndpointDetails> {
    return this.post("/api/endpoints/details", Details, { ...this.proof(), ...(slug ? { slug } : {}) });
  }

  /** What anybody may know of an endpoint. */
  publicStatus(slug: string) {
    return this.ask("GET", `/api/connectors/status?slug=${encodeURIComponent(slug)}`, PublicStatus);
  }

  /** The tenant of this credential: shows that an API key works. */
  currentTenant() {
    return this.ask("GET", "/api/tenant", CurrentTenant);
  }

  /** A page of the request log, newest first; of all endpoints when `slug` is null. */
  requests(options: { slug: string | null; limit: number; cursor?: string | null }) {
    const query = new URLSearchParams({ limit: String(options.limit) });
    if (options.slug !== null) query.set("slug", options.slug);
    if (options.cursor) query.set("cursor", options.cursor);
    return this.ask("GET", `/api/requests?${query}`, RequestLog);
  }

  /** An API key of this user's own, for a login that came by the browser. */
  createApiKey(name: string) {
    return this.post("/api/api-keys", CreatedApiKey, { name });
  }

  /** POSTs without reading errors as ours: for routes with an error shape of their own. */
  raw(path: string, body: unknown): Promise<{ status: number; body: unknown }> {
    return this.send("POST", path, body);
  }

  private proof(): Record<string, string> {
    const { credential, deviceId } = this.options;
    if (credential?.kind !== "license") return { deviceId };
    // What the portal's list of devices shows beside the id.
    const about = { deviceName: hostname().slice(0, 60), platform: `${process.platform}-${process.arch}` };
    return { licenseKey: credential.licenseKey, deviceId, ...about };
  }

  private post<T extends z.ZodType>(path: string, answer: T, body: unknown): Promise<z.infer<T>> {
    return this.ask("POST", path, answer, body);
  }

  private async ask<T extends z.ZodType>(
    method: string,
    path: string,
    answer: T,
    body?: unknown,
  ): Promise<z.infer<T>> {
    const response = await this.send(method, path, body);
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

  private async send(
    method: string,
    path: string,
    body: unknown,
  ): Promise<{ status: number; body: unknown; retryAfterMs?: number }> {
    const { portal, credential, network } = this.options;
    const headers: Record<string, string> = { accept: "application/json", "user-agent": agentName() };
    if (body !== undefined) headers["content-type"] = "application/json";
    if (credential?.kind === "apiKey") headers.authorization = `Bearer ${credential.apiKey}`;
    const url = `${portal}${path}`;
    const text = body === undefined ? undefined : JSON.stringify(body);
    try {
      const answer = await request(url, { method, headers, body: text, timeoutMs: TIMEOUT_MS, network });
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
