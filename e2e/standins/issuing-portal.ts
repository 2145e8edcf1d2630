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
 * Stands in for the portal's `POST /api/connectors/issue`, the one route that a connector needs, so that tests of the
 * tunnel neither wait for the portal's build nor stop when it does. The real route is driven in e2e/portal.
 */
export async function startIssuingPortal(options: {
  db: Db;
  signingSecret: string;
  relayPort: number;
}): Promise<IssuingPortal> {
  const server = createServer((req, res) => {
    answer(req, res).catch((cause: Error) => res.destroy(cause));
  });

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.method !== "POST" || req.url !== "/api/connectors/issue") {
      return refuse(res, 404, "not_found", `Nothing at ${req.url}.`);
    }
    const asked = JSON.parse((await bodyOf(req)).toString()) as {
      licenseKey?: string;
      endpointSlug?: string;
    };
    const found = await find(asked.licenseKey ?? "", asked.endpointSlug ?? "");
    if (!found) return refuse(res, 401, "license_invalid", "This license key is not valid.");
    const issued = await issueConnectorToken(options.db, options.signingSecret, found.tenant, found.endpoint);
    send(res, 200, {
      connectorId: issued.connectorId,
      connectorToken: issued.connectorToken,
      relayUrl: `ws://127.0.0.1:${options.relayPort}/ws/connect`,
      expiresAt: issued.expiresAt.toISOString(),
    });
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
