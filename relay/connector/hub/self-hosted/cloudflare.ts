import { randomBytes } from "node:crypto";
import * as z from "zod";
import { request } from "../../network/http.ts";
import type { Network } from "../../network/network.ts";
import { agentName } from "../../version.ts";

const TIMEOUT_MS = 30_000;

const Envelope = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).default([]),
  result: z.unknown(),
});
const Verified = z.object({ status: z.string() });
const Zone = z.object({ id: z.string(), name: z.string(), account: z.object({ id: z.string() }) });
const Tunnel = z.object({
  id: z.string(),
  name: z.string(),
  config_src: z.string().optional(),
  deleted_at: z.string().nullish(),
});
export type Tunnel = z.infer<typeof Tunnel>;
const DnsRecord = z.object({
  id: z.string(),
  type: z.string(),
  name: z.string(),
  content: z.string(),
  comment: z.string().nullish(),
});
export type DnsRecord = z.infer<typeof DnsRecord>;
const RunToken = z.object({ a: z.string(), t: z.string(), s: z.string() });

/** Cloudflare said no. */
export class CloudflareError extends Error {
  readonly status: number;
  /** Cloudflare's own number for it; null when it gave none. */
  readonly code: number | null;

  constructor(status: number, code: number | null, message: string) {
    super(message);
    this.name = "CloudflareError";
    this.status = status;
    this.code = code;
  }
}

/** Cloudflare did not answer, or could not now: later may be better. */
export class CloudflareUnreachableError extends Error {
  override name = "CloudflareUnreachableError";
}

/** What cloudflared shows for a tunnel, as the file that it reads has it. */
export interface TunnelCredentials {
  AccountTag: string;
  TunnelID: string;
  TunnelSecret: string;
}

export interface CloudflareOptions {
  apiBase: string;
  accountId: string;
  token: string;
  network: Network;
}

/**
 * The few calls that a hub makes with its owner's own token. Nothing is retried here: whoever calls looks again, and
 * finds what was made though its answer was lost by its name.
 * All methods throw CloudflareError for a refusal, CloudflareUnreachableError when there is no usable answer.
 */
export class Cloudflare {
  private readonly options: CloudflareOptions;

  constructor(options: CloudflareOptions) {
    this.options = options;
  }

  /** Whether the token is valid. Tokens of an account and of a user are asked about at places of their own. */
  async isTokenActive(): Promise<boolean> {
    for (const place of [`${this.account}/tokens/verify`, "/user/tokens/verify"]) {
      try {
        if (Verified.parse(await this.call("GET", place)).status === "active") return true;
      } catch (error) {
        if (!(error instanceof CloudflareError)) throw error;
      }
    }
    return false;
  }

  /** Id of a zone of the account; null when it has none of this name. */
  async findZone(name: string): Promise<string | null> {
    const zones = z.array(Zone).parse(await this.call("GET", `/zones?${new URLSearchParams({ name })}`));
    return zones.find((zone) => zone.name === name && zone.account.id === this.options.accountId)?.id ?? null;
  }

  /** The tunnel of this name that is not deleted; null without one. */
  async findTunnel(name: string): Promise<Tunnel | null> {
    const query = new URLSearchParams({ name, is_deleted: "false" });
    const tunnels = z.array(Tunnel).parse(await this.call("GET", `${this.account}/cfd_tunnel?${query}`));
    return tunnels.find((tunnel) => tunnel.name === name && !tunnel.deleted_at) ?? null;
  }

  /** A tunnel whose ingress rules stand in a file on its own machine. */
  async createTunnel(name: string): Promise<Tunnel> {
    const body = { name, config_src: "local", tunnel_secret: randomBytes(32).toString("base64") };
    return Tunnel.parse(await this.call("POST", `${this.account}/cfd_tunnel`, body));
  }

  async tunnelCredentials(tunnelId: string): Promise<TunnelCredentials> {
    const token = z.string().parse(await this.call("GET", `${this.account}/cfd_tunnel/${tunnelId}/token`));
    const { a, t, s } = RunToken.parse(JSON.parse(Buffer.from(token, "base64").toString()));
    return { AccountTag: a, TunnelID: t, TunnelSecret: s };
  }

  async deleteConnections(tunnelId: string): Promise<void> {
    await this.call("DELETE", `${this.account}/cfd_tunnel/${tunnelId}/connections`);
  }

  async deleteTunnel(tunnelId: string): Promise<void> {
    await this.call("DELETE", `${this.account}/cfd_tunnel/${tunnelId}`);
  }

  /** All records of one name. */
  async listRecords(zoneId: string, name: string): Promise<DnsRecord[]> {
    const query = new URLSearchParams({ "name.exact": name, per_page: "100" });
    return z.array(DnsRecord).parse(await this.call("GET", `/zones/${zoneId}/dns_records?${query}`));
  }

  async createRecord(zoneId: string, record: Omit<DnsRecord, "id">): Promise<void> {
    await this.call("POST", `/zones/${zoneId}/dns_records`, { ...record, proxied: true, ttl: 1 });
  }

  async changeRecord(zoneId: string, recordId: string, record: Omit<DnsRecord, "id">): Promise<void> {
    await this.call("PATCH", `/zones/${zoneId}/dns_records/${recordId}`, {
      ...record,
      proxied: true,
      ttl: 1,
    });
  }

  async deleteRecord(zoneId: string, recordId: string): Promise<void> {
    await this.call("DELETE", `/zones/${zoneId}/dns_records/${recordId}`);
  }

  private get account(): string {
    return `/accounts/${encodeURIComponent(this.options.accountId)}`;
  }

  private async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const { status, text } = await this.send(method, path, body);
    const envelope = Envelope.safeParse(readJson(text));
    if (envelope.success && envelope.data.success && status < 300) return envelope.data.result;
    const place = `${method} ${path.split("?")[0]}`;
    if (status >= 500 || status === 429) {
      throw new CloudflareUnreachableError(`Cloudflare answered ${status} to ${place}`);
    }
    const first = envelope.data?.errors[0];
    const said = first === undefined ? `it answered ${status}` : `${first.message} (${first.code})`;
    throw new CloudflareError(status, first?.code ?? null, `Cloudflare refuses ${place}: ${said}`);
  }

  private async send(method: string, path: string, body: unknown): Promise<{ status: number; text: string }> {
    const { apiBase, token, network } = this.options;
    const headers: Record<string, string> = {
      accept: "application/json",
      authorization: `Bearer ${token}`,
      "user-agent": agentName(),
    };
    if (body !== undefined) headers["content-type"] = "application/json";
    try {
      return await request(`${apiBase}${path}`, {
        ...{ method, headers, timeoutMs: TIMEOUT_MS, network },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new CloudflareUnreachableError(`Cloudflare does not answer (${code ?? message})`);
    }
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A page of something in between: the status is told.
    return null;
  }
}
