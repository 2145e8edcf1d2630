import { hostname } from "node:os";
import * as z from "zod";
import type { Network } from "../network/network.ts";
import type { Credential } from "../options/connect-options.ts";
import { PortalTransport } from "./transport.ts";

const IssuedToken = z.object({
  connectorId: z.string(),
  connectorToken: z.string().min(1),
  relayUrl: z.string().min(1),
  expiresAt: z.coerce.date(),
});
export type IssuedToken = z.infer<typeof IssuedToken>;
const Registered = z.object({ endpoint: z.object({ publicBaseUrl: z.string() }), endpointToken: z.string() });
const RegisteredHub = z.object({ accountId: z.string().min(1), hubToken: z.string().min(1) });
const EnabledHub = z.object({ hubId: z.string() });
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
  private readonly transport: PortalTransport;

  constructor(options: PortalClientOptions) {
    const { portal, credential, network } = options;
    this.options = options;
    const bearer = credential?.kind === "apiKey" ? credential.apiKey : null;
    this.transport = new PortalTransport({ portal, bearer, network });
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
    return this.transport.ask("GET", `/api/connectors/status?slug=${encodeURIComponent(slug)}`, PublicStatus);
  }

  /** The tenant of this credential: shows that an API key works. */
  currentTenant() {
    return this.transport.ask("GET", "/api/tenant", CurrentTenant);
  }

  /** A page of the request log, newest first; of all endpoints when `slug` is null. */
  requests(options: { slug: string | null; limit: number; cursor?: string | null }) {
    const query = new URLSearchParams({ limit: String(options.limit) });
    if (options.slug !== null) query.set("slug", options.slug);
    if (options.cursor) query.set("cursor", options.cursor);
    return this.transport.ask("GET", `/api/requests?${query}`, RequestLog);
  }

  /** An API key of this user's own, for a login that came by the browser. */
  createApiKey(name: string) {
    return this.post("/api/api-keys", CreatedApiKey, { name });
  }

  /** POSTs without reading errors as ours: for routes with an error shape of their own. */
  raw(path: string, body: unknown): Promise<{ status: number; body: unknown }> {
    return this.transport.send("POST", path, body);
  }

  /** Makes this installation a hub of the tenant, or gives a known one a new token. The token is shown only this once. */
  registerHub(hub: { hubId: string; name?: string; mode: "managed" | "self_hosted"; serviceUrl?: string }) {
    return this.post("/api/hubs", RegisteredHub, { ...this.proof(), ...hub });
  }

  /** Switches Managed Cloudflare on for a registered hub; with another upstream or name than before it gets those. */
  enableHub(hubId: string, wish: { requestedSubdomain?: string; serviceUrl?: string }) {
    const path = `/api/hubs/${encodeURIComponent(hubId)}/enable`;
    return this.post(path, EnabledHub, { ...this.proof(), ...wish });
  }

  private proof(): Record<string, string> {
    const { credential, deviceId } = this.options;
    if (credential?.kind !== "license") return { deviceId };
    // What the portal's list of devices shows beside the id.
    const about = { deviceName: hostname().slice(0, 60), platform: `${process.platform}-${process.arch}` };
    return { licenseKey: credential.licenseKey, deviceId, ...about };
  }

  private post<T extends z.ZodType>(path: string, answer: T, body: unknown): Promise<z.infer<T>> {
    return this.transport.ask("POST", path, answer, body);
  }
}
