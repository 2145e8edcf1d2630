import { beforeAll, expect, test } from "vitest";
import { createEndpoint, createTenant, type TestEndpoint, type TestTenant } from "../../db/testing/index.ts";
import { startConnector } from "../fixtures/connector-process.ts";
import { gate, within } from "../fixtures/gate.ts";
import { fieldValues, RawHttp, rawRequest } from "../fixtures/raw-http.ts";
import { bodyOf, startUpstream, type Upstream } from "../standins/upstream.ts";
import { portalWorld } from "./portal-world.ts";

// A tenant host at the portal's port: what the first design calls the `/v1/*` proxy route.
const RATE_LIMIT = 25;
const world = await portalWorld({ relayEnv: { PROXY_RATE_LIMIT_MAX: String(RATE_LIMIT) } });
let tenant: TestTenant & TestEndpoint;
let upstream: Upstream;
let host = "";

beforeAll(async () => {
  const owner = await createTenant(world.db);
  tenant = { ...owner, ...(await createEndpoint(world.db, owner)) };
  host = `${tenant.slug}.localhost:${world.portal.port}`;
  upstream = await startUpstream();
  world.stopLater(
    await startConnector({
      ...tenant,
      to: upstream.url,
      portalUrl: world.portalUrl,
      configDir: `${world.dataDir}/connector`,
    }),
  );
});

const open = (from?: string) => RawHttp.open(world.portal.port, from);

test("/v1 streams through the portal event by event, with Authorization and body as they were", async () => {
  const firstArrived = gate();
  upstream.on("/v1/chat/completions", async (req, res) => {
    const said = `${req.headers.authorization} ${await bodyOf(req)}`;
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(`data: ${said}\n\n`);
    await firstArrived.opened;
    res.end("data: [DONE]\n\n");
  });
  const http = await open();
  http.request(
    [
      "POST /v1/chat/completions HTTP/1.1",
      `Host: ${host}`,
      "Authorization: Bearer sk-client",
      "Content-Length: 5",
    ],
    "hello",
  );
  expect((await http.readHead()).status).toBe(200);
  const first = await within(30_000, "first event at the client", http.readChunk());
  expect(first.toString()).toBe("data: Bearer sk-client hello\n\n");
  firstArrived.open();
  expect((await http.readChunk()).toString()).toBe("data: [DONE]\n\n");
  http.close();
});

test("a client that goes away is noticed at the upstream through the portal too", async () => {
  const arrived = gate();
  const gone = gate();
  upstream.on("/v1/gone", (_req, res) => {
    res.on("close", () => gone.open());
    arrived.open();
  });
  const http = await open();
  http.request(["GET /v1/gone HTTP/1.1", `Host: ${host}`]);
  await within(30_000, "request at the upstream", arrived.opened);
  http.close();
  await within(30_000, "end at the upstream", gone.opened);
});

test("the client's address is the client's, not the portal's, and nobody can claim another", async () => {
  upstream.on("/v1/address", (req, res) => res.end(JSON.stringify(req.headers)));
  const http = await open("127.0.0.77");
  http.request([
    "GET /v1/address HTTP/1.1",
    `Host: ${host}`,
    "X-Forwarded-For: 6.6.6.6",
    "X-Hotspot-Client-Address: 6.6.6.6",
    "X-Hotspot-Owner: 1",
    "X-Hotspot-Proxy-Auth: guess",
  ]);
  const seen = JSON.parse((await http.response()).body.toString()) as Record<string, string>;
  expect(seen["x-forwarded-for"]).toBe("127.0.0.77");
  expect(seen["x-forwarded-host"]).toBe(host);
  expect(Object.keys(seen).filter((name) => name.startsWith("x-hotspot-"))).toEqual([]);
  http.close();
});

test("the rate limit counts the client's address through the portal", async () => {
  upstream.on("/v1/counted", (_req, res) => res.end("ok"));
  const statuses = async (from: string, requests: number) => {
    const http = await open(from);
    const seen: number[] = [];
    for (let n = 0; n < requests; n++) {
      http.request(["GET /v1/counted HTTP/1.1", `Host: ${host}`]);
      seen.push((await http.response()).status);
    }
    http.close();
    return seen;
  };
  expect((await statuses("127.0.0.78", RATE_LIMIT + 1)).at(-1)).toBe(429);
  expect(await statuses("127.0.0.79", 1)).toEqual([200]);
});

test("errors keep their shape through the portal", async () => {
  const answer = await rawRequest(world.portal.port, [
    "GET /v1/models HTTP/1.1",
    `Host: nobody-here.localhost:${world.portal.port}`,
  ]);
  expect([answer.status, fieldValues(answer, "hotspot-error")]).toEqual([404, ["endpoint_not_found"]]);
  expect(Object.keys(JSON.parse(answer.body.toString()).error)).toEqual(
    expect.arrayContaining(["type", "code", "message"]),
  );
});

test("the portal's own pages and API are not on a tenant host", async () => {
  for (const path of ["/sign-in", "/api/license", "/api/trpc/endpoints.list", "/mailbox"]) {
    const answer = await rawRequest(world.portal.port, [`GET ${path} HTTP/1.1`, `Host: ${host}`]);
    expect([path, answer.status]).toEqual([path, 404]);
    expect(fieldValues(answer, "set-cookie")).toEqual([]);
  }
});

test("the relay goes on serving when the portal is gone", async () => {
  upstream.on("/v1/still", (_req, res) => res.end("still here"));
  world.portal.process.kill("SIGKILL");
  await world.portal.process.exited;
  const answer = await rawRequest(world.relay.port, [
    "GET /v1/still HTTP/1.1",
    `Host: ${world.hostOf(tenant.slug)}`,
  ]);
  expect(answer.body.toString()).toBe("still here");
  await upstream.stop();
});
