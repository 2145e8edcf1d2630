import { expect, test } from "vitest";
import { createTenant, createTestDb } from "../../../db/testing/index.ts";
import { makeDeps, sessionOf, startRest, testConfig } from "../../testing/api.ts";

const { db } = await createTestDb();
const deps = makeDeps(db);
const owner = await createTenant(db, { plan: "team" });
const base = await startRest(deps, { owner: sessionOf(owner) });

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(base + path, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
}

const machine = { licenseKey: owner.licenseKey, deviceId: "laptop-1" };
const internal = { authorization: `Bearer ${testConfig.relayInternalSecret}` };

test("a device registers an endpoint, gets a connector token, and reads both back", async () => {
  const registered = await call("POST", "/api/endpoints/register", { ...machine, slug: "Acme" });
  expect(registered.status).toBe(200);
  expect(registered.body).toEqual({
    endpoint: {
      id: expect.stringMatching(/^ep_/),
      slug: "acme",
      publicBaseUrl: "http://acme.localhost:8789",
      status: "active",
    },
    endpointToken: expect.stringMatching(/^hs_ep_[0-9a-f]{48}$/),
  });

  const issued = await call("POST", "/api/connectors/issue", { ...machine, endpointSlug: "acme" });
  expect(issued.body).toEqual({
    connectorId: expect.stringMatching(/^con_/),
    connectorToken: expect.stringContaining("."),
    relayUrl: testConfig.relayWsUrl,
    expiresAt: expect.any(String),
  });
  const { connectorId, connectorToken } = issued.body;

  const verified = await call("POST", "/api/connectors/verify", { connectorToken }, internal);
  expect(verified.body).toEqual({
    valid: true,
    connectorId,
    tenantId: owner.tenantId,
    endpointId: registered.body.endpoint.id,
    slug: "acme",
    deviceId: "laptop-1",
    expiresAt: issued.body.expiresAt,
  });

  const beat = { connectorId, status: "online", capacity: 8, version: "1.2.3", remoteAddress: "203.0.113.9" };
  expect((await call("POST", "/api/connectors/heartbeat", beat, internal)).body).toEqual({ ok: true });

  const status = await call("GET", "/api/connectors/status?slug=acme");
  expect(status.body).toEqual({
    slug: "acme",
    online: true,
    connectors: [{ connectorId, since: expect.any(String) }],
  });

  const details = await call("POST", "/api/endpoints/details", machine);
  expect(details.body).toMatchObject({
    endpoint: { slug: "acme", publicBaseUrl: "http://acme.localhost:8789", status: "active" },
    relay: { online: true, connectors: [{ connectorId, deviceId: "laptop-1", version: "1.2.3" }] },
  });

  // fetch does not let a caller set Host, so this one asks by hand.
  const { request } = await import("node:http");
  const health = await new Promise<string>((done, fail) => {
    request(`${base}/api/endpoints/health`, { headers: { host: "acme.localhost:3000" } }, (res) => {
      let text = "";
      res.on("data", (chunk) => {
        text += chunk;
      });
      res.on("end", () => done(text));
    })
      .on("error", fail)
      .end();
  });
  expect(JSON.parse(health)).toEqual({ slug: "acme", status: "active", online: true, connectors: 1 });
});

test("routes that share a prefix do not shadow each other", async () => {
  expect((await call("GET", "/api/endpoints/health")).body.error.code).toBe("endpoint_not_found");
  expect((await call("GET", "/api/endpoints/availability?slug=free-name")).body.available).toBe(true);
  expect((await call("GET", "/api/endpoints", undefined, { "x-test-user": "owner" })).status).toBe(200);
});

test("a session and an API key reach the same procedures", async () => {
  const made = await call("POST", "/api/api-keys", { name: "ci" }, { "x-test-user": "owner" });
  expect(made.status).toBe(200);
  const bearer = { authorization: `Bearer ${made.body.secret}` };
  expect((await call("GET", "/api/tenant", undefined, bearer)).body.id).toBe(owner.tenantId);
  expect((await call("DELETE", `/api/api-keys/${made.body.apiKey.id}`, undefined, bearer)).status).toBe(200);
  const refused = await call("GET", "/api/tenant", undefined, bearer);
  expect(refused.status).toBe(401);
  expect(refused.body.error).toMatchObject({ code: "invalid_api_key", requestId: "req-rest" });
});

test("unknown routes and methods are answered in the same form", async () => {
  expect(await call("GET", "/api/nothing")).toMatchObject({
    status: 404,
    body: { error: { code: "route_not_found" } },
  });
  const wrong = await call("GET", "/api/connectors/issue");
  expect(wrong).toMatchObject({ status: 405, body: { error: { code: "method_not_allowed" } } });
  expect(wrong.headers.get("allow")).toBe("POST");
  expect((await call("OPTIONS", "/api/tenant")).headers.get("access-control-allow-origin")).toBeNull();
  expect((await fetch(`${base}/api/endpoints/availability?slug=free-name`, { method: "HEAD" })).status).toBe(
    200,
  );
});

test("internal routes want the internal secret, not a tenant's credential", async () => {
  for (const path of ["/api/connectors/heartbeat", "/api/connectors/verify"]) {
    expect((await call("POST", path, { connectorToken: "x" }, { "x-test-user": "owner" })).status).toBe(401);
    const wrong = { authorization: `Bearer ${testConfig.relayInternalSecret}x` };
    expect((await call("POST", path, { connectorToken: "x" }, wrong)).status).toBe(401);
  }
});
