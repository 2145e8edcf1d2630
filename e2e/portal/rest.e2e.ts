import { describe, expect, test, vi } from "vitest";
import { createTenant, type TestTenant } from "../../db/testing/index.ts";
import { startConnector } from "../fixtures/connector-process.ts";
import { promised } from "../fixtures/promised.ts";
import { rawRequest } from "../fixtures/raw-http.ts";
import { startUpstream } from "../standins/upstream.ts";
import { portalWorld } from "./portal-world.ts";

// The nine routes of the first design, in the order in which a desktop program meets them, with its exact bodies.
const world = await portalWorld();
const deviceId = "device-of-the-desktop-app";

const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  fetch(`${world.portalUrl}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const post = (path: string, body: unknown, headers?: Record<string, string>) =>
  send("POST", path, body, headers);
const internal = () => ({ authorization: `Bearer ${world.secrets.internal}` });

async function json<T = Record<string, unknown>>(answer: Response, status = 200): Promise<T> {
  const text = await answer.text();
  expect([answer.status, answer.status === status ? "" : text]).toEqual([status, ""]);
  return JSON.parse(text) as T;
}

const shared = {} as {
  tenant: TestTenant;
  endpointToken: string;
  connectorId: string;
  connectorToken: string;
};

describe("the routes of seeds/000", () => {
  test("1 register gives a one-time endpoint token and the public URL", async () => {
    shared.tenant = await createTenant(world.db);
    const { licenseKey } = shared.tenant;
    const made = await json<{ endpoint: Record<string, string>; endpointToken: string }>(
      await post("/api/endpoints/register", { licenseKey, deviceId, slug: "Acme-Models" }),
    );
    expect(made.endpoint).toMatchObject({
      slug: "acme-models",
      publicBaseUrl: `http://acme-models.localhost:${world.relay.port}`,
      status: "active",
    });
    expect(made.endpointToken).toMatch(/^hs_ep_[0-9a-zA-Z]{27,}$/);
    shared.endpointToken = made.endpointToken;
    const taken = await post("/api/endpoints/register", {
      licenseKey: (await createTenant(world.db)).licenseKey,
      deviceId,
      slug: "acme-models",
    });
    const { error } = await json<{ error: Record<string, string> }>(taken, 409);
    expect(error).toMatchObject({
      code: expect.any(String),
      message: expect.any(String),
      requestId: expect.any(String),
    });
  });

  test("1 register takes an upstreamBaseUrl", async () => {
    const { licenseKey } = await createTenant(world.db);
    const made = await json<{ endpoint: { slug: string } }>(
      await post("/api/endpoints/register", {
        licenseKey,
        deviceId,
        slug: "acme-direct",
        upstreamBaseUrl: "https://llm.example.org",
      }),
    );
    const row = await world.db
      .selectFrom("endpoints")
      .select("upstream_base_url")
      .where("slug", "=", made.endpoint.slug)
      .executeTakeFirstOrThrow();
    expect(new URL(row.upstream_base_url ?? "").host).toBe("llm.example.org");
  });

  test("a wrong license key is 401 and tells nothing of it", async () => {
    const answer = await post("/api/endpoints/register", {
      licenseKey: "hs_lic_wrong",
      deviceId,
      slug: "acme-wrong",
    });
    expect(answer.status).toBe(401);
    expect(await answer.text()).not.toContain("hs_lic_wrong");
  });

  test("2 issue gives credentials for the outbound connection", async () => {
    const { licenseKey } = shared.tenant;
    const issued = await json<Record<string, string>>(
      await post("/api/connectors/issue", { licenseKey, deviceId, endpointSlug: "acme-models" }),
    );
    expect(issued.relayUrl).toBe(`ws://127.0.0.1:${world.relay.port}/ws/connect`);
    expect(Date.parse(issued.expiresAt!)).toBeGreaterThan(Date.now() + 6 * 86_400_000);
    shared.connectorId = issued.connectorId!;
    shared.connectorToken = issued.connectorToken!;
  });

  test("3 heartbeat is the relay's: it marks the connector online with its capacity, and offline again", async () => {
    const { connectorId } = shared;
    const beat = { connectorId, status: "online", capacity: 8 };
    for (const headers of [
      {},
      { authorization: "Bearer wrong" },
      { authorization: `Bearer ${shared.connectorToken}` },
    ]) {
      expect((await post("/api/connectors/heartbeat", beat, headers as Record<string, string>)).status).toBe(
        401,
      );
    }
    expect(await json(await post("/api/connectors/heartbeat", beat, internal()))).toEqual({ ok: true });
    expect(await json(await send("GET", "/api/connectors/status?slug=acme-models"))).toMatchObject({
      online: true,
    });
    await json(await post("/api/connectors/heartbeat", { connectorId, status: "offline" }, internal()));
  });

  test("4 status tells whether a connector is online, and no private data", async () => {
    const status = await json(await send("GET", "/api/connectors/status?slug=acme-models"));
    expect(status).toEqual({ slug: "acme-models", online: false, connectors: [] });
    expect((await send("GET", "/api/connectors/status?slug=nobody-has-this")).status).toBe(404);
  });

  test("5 verify is the relay's: it reads the token, and refuses a changed one with a reason", async () => {
    const { connectorToken, connectorId, tenant } = shared;
    expect((await post("/api/connectors/verify", { connectorToken })).status).toBe(401);
    expect(await json(await post("/api/connectors/verify", { connectorToken }, internal()))).toMatchObject({
      valid: true,
      connectorId,
      tenantId: tenant.tenantId,
      slug: "acme-models",
      deviceId,
    });
    expect(
      await json(await post("/api/connectors/verify", { connectorToken: `${connectorToken}x` }, internal())),
    ).toMatchObject({ valid: false, reason: "signature" });
  });

  test("6 details give what a desktop program needs; 9 /v1 goes through the portal's port to the connector; 8 health by host", async () => {
    const upstream = await startUpstream();
    upstream.on("/v1/models", (req, res) => res.end(JSON.stringify({ sent: req.headers.authorization })));
    const { licenseKey } = shared.tenant;
    const connector = await startConnector({
      licenseKey,
      slug: "acme-models",
      to: upstream.url,
      portalUrl: world.portalUrl,
      configDir: `${world.dataDir}/connector`,
    });
    world.stopLater(connector);
    const details = await vi.waitFor(async () => {
      const got = await json<{
        endpoint: { publicBaseUrl: string };
        relay: { online: boolean; connectors: Record<string, unknown>[] };
      }>(await post("/api/endpoints/details", { licenseKey, deviceId }));
      expect(got.relay.online).toBe(true);
      return got;
    }, 30_000);
    expect(details.relay.connectors).toHaveLength(1);
    expect(details.relay.connectors[0]).toMatchObject({
      connectorId: expect.any(String),
      address: "127.0.0.1",
    });
    const consoleUrl = new URL(`${details.endpoint.publicBaseUrl}/endpoints`);
    for (const port of [world.relay.port, world.portal.port]) {
      const host = `Host: ${consoleUrl.hostname}:${port}`;
      const page = await rawRequest(port, ["GET /endpoints HTTP/1.1", host, "Accept: text/html"]);
      expect([page.status, page.body.toString().includes("acme-models")]).toEqual([200, true]);
      const health = await rawRequest(port, ["GET /api/endpoints/health HTTP/1.1", host]);
      expect(JSON.parse(health.body.toString())).toMatchObject({
        slug: "acme-models",
        status: "active",
        online: true,
      });
      const models = await rawRequest(port, [
        "GET /v1/models HTTP/1.1",
        host,
        "Authorization: Bearer sk-client",
      ]);
      expect([models.status, models.body.toString()]).toEqual([200, '{"sent":"Bearer sk-client"}']);
    }
    await upstream.stop();
  });

  test("7 rotate gives a new one-time token; the old one is refused at once on the tenant host", async () => {
    const { licenseKey } = shared.tenant;
    const withToken = async (token: string) => {
      const host = `Host: acme-models.localhost:${world.relay.port}`;
      const line = ["GET /v1/anything HTTP/1.1", host, `Authorization: Bearer ${token}`];
      return (await rawRequest(world.relay.port, line)).status;
    };
    expect(await withToken(shared.endpointToken)).not.toBe(401);
    const { endpointToken } = await json<{ endpointToken: string }>(
      await post("/api/endpoints/token/rotate", { licenseKey, deviceId }),
    );
    expect(endpointToken).not.toBe(shared.endpointToken);
    await vi.waitFor(async () => expect(await withToken(shared.endpointToken)).toBe(401), promised(2_000));
    expect(await withToken(endpointToken)).not.toBe(401);
  });

  test("a host of nobody is 404 on the portal's port too, and the apex is the website", async () => {
    const { port } = world.portal;
    const nobody = await rawRequest(port, ["GET /v1/models HTTP/1.1", `Host: nobody-here.localhost:${port}`]);
    expect([nobody.status, JSON.parse(nobody.body.toString()).error.code]).toEqual([
      404,
      "endpoint_not_found",
    ]);
    const website = await rawRequest(port, ["GET / HTTP/1.1", `Host: localhost:${port}`]);
    expect([website.status, website.body.toString().includes("<html")]).toEqual([200, true]);
  });

  test("the OpenAPI document lists every one of them", async () => {
    const document = await json<{ openapi: string; paths: Record<string, Record<string, unknown>> }>(
      await send("GET", "/api/openapi.json"),
    );
    expect(document.openapi).toMatch(/^3\.1/);
    const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/^\/api/, "")}`),
    );
    expect(listed).toEqual(
      expect.arrayContaining([
        "POST /endpoints/register",
        "POST /connectors/issue",
        "POST /connectors/heartbeat",
        "GET /connectors/status",
        "POST /connectors/verify",
        "POST /endpoints/details",
        "POST /endpoints/token/rotate",
        "GET /endpoints/health",
      ]),
    );
  });
});
