import * as z from "zod";
import type { CloudflareClient } from "./client.ts";
import { isGone } from "./errors.ts";

const Tunnel = z.object({
  id: z.string(),
  name: z.string(),
  created_at: z.string(),
  deleted_at: z.string().nullish(),
});
export type CloudflareTunnel = z.infer<typeof Tunnel>;

export interface IngressRule {
  /** Absent: matches everything, which the last rule must. */
  readonly hostname?: string;
  readonly service: string;
}

const anything = z.unknown();

/**
 * Tunnels of an account whose rules Cloudflare keeps (`config_src: cloudflare`).
 * @see https://developers.cloudflare.com/api/resources/zero_trust/subresources/tunnels/
 */
export function createTunnels(client: CloudflareClient, accountId: string) {
  const base = `/accounts/${encodeURIComponent(accountId)}/cfd_tunnel`;
  const of = (id: string) => `${base}/${encodeURIComponent(id)}`;
  return {
    /** @throws CloudflareError 409/1013: the name is taken */
    create: (name: string): Promise<CloudflareTunnel> =>
      client.call({
        operation: "tunnels.create",
        method: "POST",
        path: base,
        body: { name, config_src: "cloudflare" },
        result: Tunnel,
      }),

    /** Deleted tunnels stay in lists and are left out here. */
    async find(name: string): Promise<CloudflareTunnel | null> {
      const found = await client.call({
        operation: "tunnels.list",
        method: "GET",
        path: base,
        query: { name, is_deleted: false, per_page: 50 },
        result: z.array(Tunnel),
      });
      return found.find((tunnel) => tunnel.name === name && !tunnel.deleted_at) ?? null;
    },

    async list(prefix: string): Promise<CloudflareTunnel[]> {
      const found = await client.list({
        operation: "tunnels.list",
        path: base,
        query: { include_prefix: prefix, is_deleted: false },
        item: Tunnel,
      });
      return found.filter((tunnel) => tunnel.name.startsWith(prefix) && !tunnel.deleted_at);
    },

    /** What cloudflared runs with. */
    token: (id: string): Promise<string> =>
      client.call({
        operation: "tunnels.token",
        method: "GET",
        path: `${of(id)}/token`,
        result: z.string().min(1),
      }),

    /** Replaces all rules. Who writes them is serialised by the caller: the last one wins, without a version. */
    async setIngress(id: string, ingress: readonly IngressRule[]): Promise<void> {
      await client.call({
        operation: "tunnels.configure",
        method: "PUT",
        path: `${of(id)}/configurations`,
        body: { config: { ingress } },
        result: anything,
      });
    },

    /** From now on the old run token opens no new connection; those that stand stay. @param secret 32 bytes */
    async setSecret(id: string, secret: Buffer): Promise<void> {
      await client.call({
        operation: "tunnels.edit",
        method: "PATCH",
        path: of(id),
        body: { tunnel_secret: secret.toString("base64") },
        result: anything,
      });
    },

    async cutConnections(id: string): Promise<void> {
      await client.call({
        operation: "tunnels.cut",
        method: "DELETE",
        path: `${of(id)}/connections`,
        result: anything,
      });
    },

    /** One that is gone is fine. @throws CloudflareError 1022: somebody is connected */
    async remove(id: string): Promise<void> {
      try {
        await client.call({ operation: "tunnels.delete", method: "DELETE", path: of(id), result: anything });
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    },
  };
}
