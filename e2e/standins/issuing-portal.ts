import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Db } from "../../db/client.ts";
import type { TestEndpoint, TestTenant } from "../../db/testing/index.ts";
import { issueConnectorToken } from "../fixtures/connector-token.ts";
import { bodyOf } from "./upstream.ts";

export interface IssuingPortal {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Stands in for the portal's `POST /api/connectors/issue` and `POST /api/tcp-tunnels`, the routes that a connector needs, so
 * that tests of the tunnel neither wait for the portal's build nor stop when it does. The real ones are driven in e2e/portal.
 */
export async function startIssuingPortal(options: {
  db: Db;
  signingSecret: string;
  relayPort: number;
  /** The first of the ports for TCP tunnels. */
  firstTcpPort?: number;
}): Promise<IssuingPortal> {
  const server = createServer((req, res) => {
    answer(req, res).catch((cause: Error) => res.destroy(cause));
  });

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.method !== "POST" || (req.url !== "/api/connectors/issue" && req.url !== "/api/tcp-tunnels")) {
      return refuse(res, 404, "not_found", `Nothing at ${req.url}.`);
    }
    const asked = JSON.parse((await bodyOf(req)).toString()) as {
      licenseKey?: string;
      endpointSlug?: string;
      name?: string;
    };
    const found = await find(asked.licenseKey ?? "", asked.endpointSlug ?? "");
    if (!found) return refuse(res, 401, "license_invalid", "This license key is not valid.");
    if (req.url === "/api/tcp-tunnels") {
      const port = await openTunnel(found.tenant, found.endpoint, asked.name ?? "");
      const publicAddress = `${found.endpoint.slug}.localhost:${port}`;
      return send(res, 200, { tunnel: { name: asked.name, port, publicAddress } });
    }
    const issued = await issueConnectorToken(options.db, options.signingSecret, found.tenant, found.endpoint);
    send(res, 200, {
      connectorId: issued.connectorId,
      connectorToken: issued.connectorToken,
      relayUrl: `ws://127.0.0.1:${options.relayPort}/ws/connect`,
      expiresAt: issued.expiresAt.toISOString(),
    });
  }

  let opened = 0;
  /** The next port, or the one that the name has. */
  async function openTunnel(tenant: TestTenant, endpoint: TestEndpoint, name: string): Promise<number> {
    const { tenantId } = tenant;
    const { endpointId } = endpoint;
    const there = await options.db
      .selectFrom("tcp_tunnels")
      .select("port")
      .where("endpoint_id", "=", endpointId)
      .where("name", "=", name)
      .where("released_at", "is", null)
      .executeTakeFirst();
    if (there) return there.port;
    const port = (options.firstTcpPort ?? 20_000) + opened++;
    const id = `tcp_${endpointId.slice(3)}_${port}`;
    await options.db
      .insertInto("tcp_tunnels")
      .values({ id, tenant_id: tenantId, endpoint_id: endpointId, name, port })
      .execute();
    return port;
  }

  async function find(
    licenseKey: string,
    slug: string,
  ): Promise<{ tenant: TestTenant; endpoint: TestEndpoint } | null> {
    const row = await options.db
      .selectFrom("licenses")
      .innerJoin("endpoints", "endpoints.license_id", "licenses.id")
      .select(["licenses.id as licenseId", "licenses.tenant_id as tenantId", "endpoints.id as endpointId"])
      .where("licenses.key_hash", "=", createHash("sha256").update(licenseKey).digest("hex"))
      .where("endpoints.slug", "=", slug)
      .executeTakeFirst();
    if (!row) return null;
    const { licenseId, tenantId, endpointId } = row;
    return {
      tenant: { licenseId, tenantId, licenseKey, userId: "", email: "" },
      endpoint: { endpointId, slug, endpointToken: "" },
    };
  }

  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}

function refuse(res: ServerResponse, status: number, code: string, message: string): void {
  send(res, status, { error: { code, message, requestId: "stand-in" } });
}

function send(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
