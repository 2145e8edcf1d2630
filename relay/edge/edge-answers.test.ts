import { expect, test } from "vitest";
import type { EdgeRoute } from "./deps.ts";
import { acme, createTestEdge, get, OK, request, settle } from "./testing/test-edge.ts";

const field = (response: string, name: string) => new RegExp(`^${name}: (.*)\r$`, "mi").exec(response)?.[1];
const body = (response: string) => response.slice(response.indexOf("\r\n\r\n") + 4);

test("an unknown subdomain is 404, in JSON with a request id", () => {
  const { connect, records } = createTestEdge();
  const client = connect();
  client.send("GET /<script>?x=<b> HTTP/1.1\r\nHost: nobody.localhost\r\nAccept: */*\r\n\r\n");
  expect(client.received).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
  expect(field(client.received, "Hotspot-Error")).toBe("endpoint_not_found");
  expect(field(client.received, "Cache-Control")).toBe("no-store");
  expect(field(client.received, "X-Content-Type-Options")).toBe("nosniff");
  const requestId = field(client.received, "X-Request-Id");
  expect(requestId).toMatch(/^req_[0-9a-z]+$/);
  expect(JSON.parse(body(client.received))).toEqual({
    error: { code: "endpoint_not_found", message: "There is no endpoint at this address.", requestId },
  });
  expect(client.received).not.toContain("script");
  expect(records).toMatchObject([{ requestId, tenantId: null, status: 404 }]);
  expect(client.ended).toBe(false);
});

test("under /v1/ errors have the OpenAI shape, for a browser they are a page", () => {
  const { connect } = createTestEdge({ routes: {} });
  const client = connect();
  client.send(get("/v1/models"));
  expect(JSON.parse(body(client.received)).error).toMatchObject({
    type: "invalid_request_error",
    param: null,
    code: "endpoint_not_found",
    request_id: expect.stringMatching(/^req_/),
  });
  client.received = "";
  client.send(get("/", "Accept: text/html,application/xhtml+xml,*/*;q=0.8"));
  expect(field(client.received, "Content-Type")).toBe("text/html; charset=utf-8");
  expect(body(client.received)).toContain("<h1>404 Not Found</h1>");
  client.received = "";
  client.send(get("/", "Accept: application/json, text/html"));
  expect(field(client.received, "Content-Type")).toBe("application/json; charset=utf-8");
});

test("the page of an unpaid endpoint leads its owner to where it can be paid", () => {
  const { connect } = createTestEdge({ routes: { acme: { ...acme, state: "unpaid" } } });
  const client = connect();
  client.send(get("/", "Accept: text/html"));
  expect(body(client.received)).toContain("<h1>402 Payment Required</h1>");
  expect(body(client.received)).toContain('<a href="http://localhost:3000/billing">Pay the invoice</a>');
});

test("HEAD gets the head of an error only", () => {
  const { connect } = createTestEdge({ routes: {} });
  const client = connect();
  client.send(request("HEAD", "/"));
  expect(body(client.received)).toBe("");
  expect(Number(field(client.received, "Content-Length"))).toBeGreaterThan(0);
});

test.each([
  [
    { state: "suspended", stateReason: "Reported for phishing." },
    403,
    "endpoint_suspended",
    "Reported for phishing.",
  ],
  [{ state: "unpaid" }, 402, "payment_required", "pay it at http://localhost:3000/billing"],
] as [Partial<EdgeRoute>, number, string, string][])("%j", (change, status, code, message) => {
  const { connect, tunnel, records } = createTestEdge({ routes: { acme: { ...acme, ...change } } });
  const client = connect();
  client.send(get());
  expect(client.received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(field(client.received, "Hotspot-Error")).toBe(code);
  expect(body(client.received)).toContain(message);
  expect(tunnel.streams).toHaveLength(0);
  expect(records).toMatchObject([{ tenantId: "tenant_a", status, errorCode: code }]);
});

test.each([
  [1, 502, "upstream_unreachable"],
  [2, 504, "upstream_timeout"],
  [3, 502, "upstream_reset"],
  [4, 502, "upstream_bad_response"],
  [6, 502, "upstream_reset"],
  [7, 502, "upstream_reset"],
])("RESET %d before a head is %d %s, and the connection goes on", (code, status, name) => {
  const { connect, tunnel, records } = createTestEdge();
  const client = connect();
  client.send(`${request("POST", "/v1/chat", "Content-Length: 3")}abc`);
  tunnel.last.events.onReset(code, "no route to 10.0.0.3");
  expect(client.received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(field(client.received, "Hotspot-Error")).toBe(name);
  expect(client.received).not.toContain("10.0.0.3");
  expect(records).toMatchObject([{ status, errorCode: name, connectorId: "con_1" }]);
  client.send(get());
  expect(tunnel.streams).toHaveLength(2);
});

test("apex and www go to the portal, foreign names are not found, unclear ones are 400", () => {
  const { connect } = createTestEdge();
  const client = connect();
  for (const host of ["localhost", "LOCALHOST:8789", "www.localhost."]) {
    client.received = "";
    client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect(client.received).toMatch(/^HTTP\/1\.1 302 /);
    expect(field(client.received, "Location")).toBe("http://localhost:3000");
  }
  for (const [host, status] of [
    ["example.org", 404],
    ["127.0.0.1", 404],
    ["a.b.localhost", 404],
    ["a@acme.localhost", 400],
    ["acme_.localhost", 400],
    ["", 400],
  ] as const) {
    client.received = "";
    client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect(client.received, host).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  }
});

test("the health and console paths of a tenant host are ours, for GET and HEAD; the likes of them are the upstream's", () => {
  const { connect, tunnel, tunnels, records } = createTestEdge();
  const client = connect();
  client.send(get("/api/endpoints/health?x"));
  expect(JSON.parse(body(client.received))).toEqual({
    slug: "acme",
    status: "active",
    online: true,
    connectors: 1,
  });
  tunnels.length = 0;
  client.received = "";
  client.send(get("/endpoints"));
  expect(body(client.received)).toBe("<p>acme offline</p>");
  expect(field(client.received, "Content-Type")).toBe("text/html; charset=utf-8");
  tunnels.push(tunnel);
  for (const path of [
    "/endpoints/",
    "/metrics",
    "/healthz",
    "/readyz",
    "/connect",
    "/ws/connect",
    "/api/endpoints",
  ]) {
    client.send(get(path));
    expect(tunnel.last.head).toContain(`GET ${path} `);
    tunnel.last.respond(OK, "ok");
  }
  client.send(request("POST", "/endpoints"));
  expect(tunnel.streams).toHaveLength(8);
  expect(records).toHaveLength(9);
});

test("a link upgrade on a host of no tenant is handed over with what followed it", () => {
  const { connect, links, tunnel, edge, records } = createTestEdge();
  for (const [host, path] of [
    ["localhost", "/connect"],
    ["127.0.0.1:8789", "/ws/connect"],
    ["relay.localhost", "/ws/connect"],
  ]) {
    const client = connect();
    client.send(
      `GET ${path}?v=1 HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nAuthorization: Bearer t\r\nX-A: 1\r\nx-a: 2\r\n\r\n\x82\x80\0\0`,
    );
    const link = links.at(-1);
    expect(link?.conn).toBe(client);
    expect(link?.rest).toBe("\x82\x80\0\0");
    expect(link?.request).toMatchObject({
      path,
      method: "GET",
      isWebSocketUpgrade: true,
      clientAddress: "203.0.113.7",
    });
    expect(link?.request.headers.get("authorization")).toBe("Bearer t");
    expect(link?.request.headers.get("x-a")).toBe("1, 2");
    expect(client.received).toBe("");
  }
  expect(links).toHaveLength(3);
  expect([tunnel.streams.length, edge.stats.connections, edge.stats.active, records.length]).toEqual([
    0, 0, 0, 0,
  ]);
});

test("a rate limit counts per tenant and address, and says when to come back", () => {
  const { connect, tunnel, pass, records } = createTestEdge({ config: { rateLimitMax: 2 } });
  tunnel.responder = null;
  const client = connect();
  const ask = (from = client) => {
    from.received = "";
    from.send(get("/v1/x"));
    if (from.received === "") tunnel.last.respond(OK, "ok");
    return from.received;
  };
  expect([ask(), ask()].every((r) => r.startsWith("HTTP/1.1 200"))).toBe(true);
  const refused = ask(connect());
  expect(refused).toMatch(/^HTTP\/1\.1 429 /);
  expect(Number(field(refused, "Retry-After"))).toBe(60);
  expect(field(refused, "RateLimit-Limit")).toBe("2");
  expect(field(refused, "RateLimit-Remaining")).toBe("0");
  expect(field(refused, "RateLimit-Reset")).toBe("60");
  expect(JSON.parse(body(refused)).error).toMatchObject({ type: "rate_limit_error", code: "rate_limited" });
  expect(ask(connect("203.0.113.8"))).toMatch(/^HTTP\/1\.1 200/);
  pass(60_000);
  expect(ask(connect())).toMatch(/^HTTP\/1\.1 200/);
  expect(records.at(2)).toMatchObject({ status: 429, errorCode: "rate_limited" });
});

test("IPv6 clients are counted by /64; a forwarded address does not evade the limit", () => {
  const { connect, tunnel } = createTestEdge({ config: { rateLimitMax: 1 } });
  connect("2001:db8::1").send(get());
  const second = connect("2001:db8::ffff:2");
  second.send(get("/", "X-Forwarded-For: 9.9.9.9"));
  expect(second.received).toMatch(/^HTTP\/1\.1 429/);
  connect("2001:db8:0:1::1").send(get());
  expect(tunnel.streams).toHaveLength(2);
});

test("a plan's requests a minute are counted over all clients of the tenant", () => {
  const limits = { ...acme.limits, requestsPerMinute: 2 };
  const other = { ...acme, endpointId: "ep_other", tenantId: "ten_other", slug: "other", limits };
  const { connect, tunnel, pass } = createTestEdge({ routes: { acme: { ...acme, limits }, other } });
  for (const address of ["203.0.113.1", "203.0.113.2"]) connect(address).send(get());
  const refused = connect("203.0.113.3");
  refused.send(get());
  expect(refused.received).toMatch(/^HTTP\/1\.1 429 /);
  expect(field(refused.received, "Hotspot-Error")).toBe("rate_limited");
  expect(field(refused.received, "RateLimit-Limit")).toBe("2");
  expect(field(refused.received, "Retry-After")).toBe("60");
  connect("203.0.113.3").send("GET / HTTP/1.1\r\nHost: other.localhost\r\n\r\n");
  expect(tunnel.streams).toHaveLength(3);
  pass(60_000);
  connect("203.0.113.3").send(get());
  expect(tunnel.streams).toHaveLength(4);
});

test("more requests at once than the plan allows are 429, until one ends", () => {
  const limits = { ...acme.limits, maxConcurrentRequests: 1 };
  const { connect, tunnel } = createTestEdge({ routes: { acme: { ...acme, limits } } });
  const [one, two] = [connect(), connect()];
  one.send(get());
  two.send(get());
  expect(field(two.received, "Hotspot-Error")).toBe("too_many_requests");
  tunnel.last.respond(OK, "ok");
  two.send(get());
  expect(tunnel.streams).toHaveLength(2);
});

test("too many connections of one address are refused, others are not, proxies have no limit", () => {
  const { edge, connect } = createTestEdge({ config: { maxConnectionsPerAddress: 2 } });
  const clients = [connect(), connect(), connect()];
  expect(clients.map((c) => c.terminated)).toEqual([false, false, true]);
  expect(edge.stats.connectionsRefused).toBe(1);
  expect(connect("203.0.113.9").terminated).toBe(false);
  for (let i = 0; i < 4; i++) expect(connect("10.0.0.1").terminated).toBe(false);
});

test("a route that cannot be looked up is 503; one that takes a while is waited for, body and all", async () => {
  let answer: (route: EdgeRoute) => void = () => {};
  const slow = new Promise<EdgeRoute>((resolve) => (answer = resolve));
  const broken = () => Promise.reject(new Error("database away"));
  const lookup = (slug: string) => (slug === "acme" ? slow : broken());
  const { connect, tunnel, errors } = createTestEdge({ deps: { routes: { lookup, lookupHost: broken } } });
  const client = connect();
  client.send(`${request("POST", "/", "Content-Length: 6")}abc`);
  client.send(`def${get("/2")}`);
  expect([tunnel.streams.length, client.paused]).toEqual([0, true]);
  connect().send(get());
  answer(acme);
  await settle();
  expect(tunnel.streams.map((s) => s.body)).toEqual(["abcdef", ""]);
  tunnel.streams[0].respond(OK, "ok");
  await settle();
  expect(tunnel.last.head).toMatch(/^GET \/2 /);
  const other = connect();
  other.send("GET / HTTP/1.1\r\nHost: broken.localhost\r\n\r\n");
  await settle();
  expect(other.received).toMatch(/^HTTP\/1\.1 503 /);
  expect(errors).toHaveLength(1);
});

test("a client that leaves while its route is looked up opens no stream", async () => {
  let answer: (route: EdgeRoute) => void = () => {};
  const slow = new Promise<EdgeRoute>((resolve) => (answer = resolve));
  const { connect, tunnel, records } = createTestEdge({ routes: { acme: slow } });
  const client = connect();
  client.send(get());
  client.disconnect();
  answer(acme);
  await settle();
  expect(tunnel.streams).toHaveLength(0);
  expect(records).toMatchObject([{ status: 499, clientAborted: true }]);
});
