import { expect, test } from "vitest";
import { viaName } from "./forwarding.ts";
import { acme, createTestEdge, get, INTERNAL_SECRET, OK, request, settle } from "./testing/test-edge.ts";

test("a request reaches the tunnel with Host first, hop-by-hop fields gone and our forwarding fields", () => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(
    "GET /a/../b%2F?q=1 HTTP/1.1\r\nAccept: a\r\nhost: Acme.localhost:8789\r\nX-One: 1\r\nConnection: x-two, keep-alive\r\n" +
      "X-Two: 2\r\nKeep-Alive: 5\r\nTE: trailers\r\nProxy-Authorization: p\r\nX-Forwarded-For: 6.6.6.6\r\nX_Real_IP: 6.6.6.6\r\n" +
      "Forwarded: for=6.6.6.6\r\nX-Hotspot-Owner: 1\r\nAuthorization: Bearer t\r\nCookie: a=1\r\nCookie: b=2\r\n" +
      "Upgrade: h2c\r\nHTTP2-Settings: x\r\nX-Last: 9\r\n\r\n",
  );
  expect(tunnel.last.head).toBe(
    "GET /a/../b%2F?q=1 HTTP/1.1\r\nhost: Acme.localhost:8789\r\nAccept: a\r\nX-One: 1\r\n" +
      "Authorization: Bearer t\r\nCookie: a=1\r\nCookie: b=2\r\nX-Last: 9\r\n" +
      "X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: Acme.localhost:8789\r\n" +
      'X-Real-IP: 203.0.113.7\r\nForwarded: for=203.0.113.7;host="Acme.localhost:8789";proto=http\r\n' +
      `Via: 1.1 ${viaName("localhost")}\r\n\r\n`,
  );
  expect([tunnel.last.kind, tunnel.last.framing, tunnel.last.ended]).toEqual([0, 0, true]);
});

test("absolute form becomes origin form", () => {
  const { connect, tunnel } = createTestEdge();
  connect().send("GET http://acme.localhost?x HTTP/1.1\r\nHost: acme.localhost\r\n\r\n");
  expect(tunnel.last.head).toMatch(/^GET \/\?x HTTP\/1\.1\r\nHost: acme\.localhost\r\n/);
});

test("head and body of a response leave in one write, framed by Content-Length", () => {
  const { connect, tunnel, records } = createTestEdge();
  const client = connect();
  client.send(get("/x?secret=1"));
  tunnel.last.respond(
    "HTTP/1.1 200 Fine\r\nContent-Length: 5\r\nSet-Cookie: a\r\nset-cookie: b\r\n\r\n",
    "hello",
  );
  expect(client.received).toMatch(
    /^HTTP\/1\.1 200 Fine\r\nContent-Length: 5\r\nSet-Cookie: a\r\nset-cookie: b\r\nHotspot-Request-Id: req_[0-9a-z]{20,}\r\n\r\nhello$/,
  );
  expect(client.writes).toBe(1);
  expect(records).toHaveLength(1);
  expect(records[0]).toMatchObject({
    tenantId: "tenant_a",
    endpointId: "ep_acme",
    slug: "acme",
    connectorId: "con_1",
    method: "GET",
    path: "/x",
    status: 200,
    bytesIn: 0,
    bytesOut: 5,
    clientAddress: "203.0.113.7",
    errorCode: null,
    clientAborted: false,
  });
});

test.each([
  ["identity until close", "HTTP/1.1 200 OK\r\n\r\n"],
  ["chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"],
])("a body without a length is framed in chunks: %s", async (_, head) => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(get());
  tunnel.last.respond(head, "first", { open: true });
  await settle();
  expect(client.received).toContain("\r\n\r\n5\r\nfirst\r\n");
  expect(client.received).toContain("Transfer-Encoding: chunked\r\n");
  expect(client.received).not.toContain("Connection");
  tunnel.last.data("second line", true);
  expect(client.received.endsWith("b\r\nsecond line\r\n0\r\n\r\n")).toBe(true);
  client.send(get("/again"));
  expect(tunnel.streams).toHaveLength(2);
});

test("HTTP/1.0 gets a close-delimited body, or keeps alive when it asks and there is a length", () => {
  const { connect, tunnel } = createTestEdge();
  const first = connect();
  first.send("GET / HTTP/1.0\r\nHost: acme.localhost\r\nConnection: keep-alive\r\n\r\n");
  tunnel.last.respond("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "body");
  expect(first.received.endsWith("\r\n\r\nbody")).toBe(true);
  expect(first.received).toContain("Connection: close\r\n");
  expect(first.ended).toBe(true);
  const second = connect();
  second.send("GET / HTTP/1.0\r\nHost: acme.localhost\r\nConnection: keep-alive\r\n\r\n");
  tunnel.last.respond(OK, "ok");
  expect(second.received).toContain("Connection: keep-alive\r\n");
  expect(second.ended).toBe(false);
});

test.each([
  ["HEAD with a length", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "Content-Length: 9"],
  ["304 with a length", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "Content-Length: 9"],
  ["204", "GET", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", null],
  ["HEAD of a chunked one", "HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", null],
])("no body follows: %s", (_, method, head, length) => {
  const { connect, tunnel, records } = createTestEdge();
  const client = connect();
  client.send(request(method, "/"));
  tunnel.last.respond(head);
  expect(client.received.endsWith("\r\n\r\n")).toBe(true);
  expect(client.received.includes("Content-Length")).toBe(length !== null);
  expect(client.received).not.toContain("Transfer-Encoding");
  expect(records).toHaveLength(1);
  client.send(get("/next"));
  expect(tunnel.streams).toHaveLength(2);
});

test("an empty response that says no length gets one", () => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(get());
  tunnel.last.respond("HTTP/1.1 200 OK\r\n\r\n");
  expect(client.received).toContain("Content-Length: 0\r\n");
});

test("pipelined requests are answered one at a time, in order, each by its own Host", () => {
  const other = { ...acme, slug: "other", endpointId: "ep_other", tenantId: "tenant_b" };
  const { connect, tunnel, records } = createTestEdge({ routes: { acme, other } });
  const client = connect();
  client.send(
    `${get("/1")}GET /2 HTTP/1.1\r\nHost: other.localhost\r\n\r\n${request("POST", "/3", "Content-Length: 3")}abc${get("/4")}`,
  );
  for (let i = 0; i < 4; i++) {
    expect(tunnel.streams).toHaveLength(i + 1);
    tunnel.last.respond(OK, `r${i}`);
  }
  expect(tunnel.streams.map((s) => s.head.split(" ")[1])).toEqual(["/1", "/2", "/3", "/4"]);
  expect(tunnel.streams[2].body).toBe("abc");
  expect(records.map((r) => r.tenantId)).toEqual(["tenant_a", "tenant_b", "tenant_a", "tenant_a"]);
  expect(client.received.match(/r\d/g)?.filter((r) => r !== "re")).toContain("r3");
});

test("a head may come byte by byte, and the next one with it", () => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  for (const byte of `${request("POST", "/", "Content-Length: 4")}body${get("/2")}`) client.send(byte);
  expect(tunnel.last.body).toBe("body");
  tunnel.last.respond(OK, "ok");
  expect(tunnel.streams).toHaveLength(2);
});

test("1xx responses pass, with their fields, before the final one", () => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(request("POST", "/", "Expect: 100-continue", "Content-Length: 2"));
  expect(tunnel.last.head).toContain("Expect: 100-continue\r\n");
  tunnel.last.events.onHead(Buffer.from("HTTP/1.1 100 Continue\r\n\r\n"), false);
  tunnel.last.events.onHead(Buffer.from("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), false);
  client.send("ab");
  expect(tunnel.last.ended).toBe(true);
  tunnel.last.respond(OK, "ok");
  expect(client.received).toMatch(
    /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 103 Early Hints\r\nLink: <\/a>\r\n\r\nHTTP\/1\.1 200/,
  );
});

test("trailers pass both ways", () => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(`${request("POST", "/", "Transfer-Encoding: chunked")}3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n`);
  expect([tunnel.last.body, tunnel.last.trailers, tunnel.last.framing]).toEqual(["abc", "X-Sum: 1\r\n", 2]);
  tunnel.last.respond("HTTP/1.1 200 OK\r\nTrailer: X-End\r\nTransfer-Encoding: chunked\r\n\r\n", "x", {
    open: true,
  });
  tunnel.last.events.onTrailers(Buffer.from("X-End: 2\r\n"));
  expect(client.received.endsWith("1\r\nx\r\n0\r\nX-End: 2\r\n\r\n")).toBe(true);
});

test("cookies for the shared parent domain are dropped, others stay", () => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(get());
  tunnel.last.respond(
    "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Domain=localhost\r\nSet-Cookie: b=2; domain=.LOCALHOST; Path=/\r\n" +
      "Set-Cookie: c=3; Domain=acme.localhost\r\nSet-Cookie: d=4\r\nContent-Length: 0\r\n\r\n",
  );
  expect(client.received.match(/Set-Cookie: (\w)/g)).toEqual(["Set-Cookie: c", "Set-Cookie: d"]);
});

test("forwarding fields of a configured proxy are extended, and the client's address found in them", () => {
  const { connect, tunnel, records } = createTestEdge();
  connect("10.1.2.3").send(
    get(
      "/",
      "X-Forwarded-For: 6.6.6.6, 198.51.100.4, 10.9.9.9",
      "X-Forwarded-Proto: https",
      "Via: 1.1 front",
    ),
  );
  expect(tunnel.last.head).toContain("X-Forwarded-For: 6.6.6.6, 198.51.100.4, 10.9.9.9, 10.1.2.3\r\n");
  expect(tunnel.last.head).toContain("X-Real-IP: 198.51.100.4\r\n");
  expect(tunnel.last.head).toContain("X-Forwarded-Proto: https\r\n");
  expect(tunnel.last.head).toContain(`Via: 1.1 front, 1.1 ${viaName("localhost")}\r\n`);
  tunnel.last.respond(OK, "ok");
  expect(records[0].clientAddress).toBe("198.51.100.4");
});

test("who has forwarded a request stays in Via, and the next request of the connection does not inherit it", () => {
  const { connect, tunnel } = createTestEdge();
  const client = connect();
  client.send(get("/", "Via: 1.0 fred", "Via: 1.1 cache.example"));
  const us = viaName("localhost");
  expect(tunnel.last.head).toContain(`Via: 1.0 fred, 1.1 cache.example, 1.1 ${us}\r\n`);
  expect(tunnel.last.head.match(/^via:/gim)).toHaveLength(1);
  tunnel.last.respond(OK, "ok");
  client.send(get());
  expect(tunnel.last.head).toContain(`Via: 1.1 ${us}\r\n`);
});

test("an upstream that leads back to its own endpoint is found out after five rounds", () => {
  const { connect, tunnel, records } = createTestEdge();
  let head = get("/loop");
  let answer = "";
  for (let round = 0; answer === "" && round < 20; round++) {
    const client = connect();
    client.send(head);
    answer = client.received;
    // What reached the upstream comes in again.
    head = tunnel.last.head;
  }
  expect(answer).toMatch(/^HTTP\/1\.1 508 Loop Detected\r\n[\s\S]*"loop_detected"/);
  expect(tunnel.streams).toHaveLength(5);
  expect(records).toMatchObject([{ status: 508, errorCode: "loop_detected" }]);
});

test("the portal's word counts only with its secret", () => {
  const { connect, tunnel, records } = createTestEdge({
    routes: { acme: { ...acme, requireAccessKey: true } },
  });
  const fields = ["X-Hotspot-Client-Address: 192.0.2.9", "X-Hotspot-Owner: 1"];
  const client = connect("127.0.0.1");
  client.send(get("/", "X-Hotspot-Proxy-Auth: wrong-secret-of-thirty-two-chars!!", ...fields));
  expect(client.received).toMatch(/^HTTP\/1\.1 401 /);
  client.send(get("/", `X-Hotspot-Proxy-Auth: ${INTERNAL_SECRET}`, ...fields));
  tunnel.last.respond(OK, "ok");
  expect(tunnel.last.head).toContain("X-Forwarded-For: 192.0.2.9\r\n");
  expect(tunnel.last.head.toLowerCase()).not.toContain("hotspot-owner");
  expect(records.map((r) => r.clientAddress)).toEqual(["127.0.0.1", "192.0.2.9"]);
});
